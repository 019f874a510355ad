"""Why a file cannot be stored as it is: all of it at once, with the lines and what to say or mend."""

from __future__ import annotations

from engine.errors import Invalid, Problem
from engine.parameters.imports.records import FilePreview, Question


def refuse_unready(seen: FilePreview) -> None:
    """Raise Invalid with a problem for each value that cannot be taken, each question, each rule that is broken."""
    asked = [question for question in seen.questions if question.open]
    lines = {line for question in asked for line in question.lines}
    problems = [_asking(seen.name, question) for question in asked]
    problems += [
        Problem(line.name, f"{seen.name}, line {line.line}: {line.sentence}", line.text[:80], line.state)
        for line in seen.blocking
        if line.line not in lines
    ]
    if not problems and seen.effect is not None:
        problems = [Problem("values", sentence) for sentence in seen.effect.broken]
    if not problems and not seen.found:
        fields = ", ".join(missing.name for missing in seen.missing[:10])
        sentence = f"{seen.name} has none of the model's fields ({fields}). Say what it calls them, or choose another."
        problems = [Problem(seen.name, sentence)]
    if problems:
        raise Invalid("the file", problems)


def _asking(name: str, question: Question) -> Problem:
    about = f"{question.about} {question.field}=" if question.field else f"{question.about} "
    answers = " or ".join(f"“{about}{option.answer}”" for option in question.options)
    sentence = f"{name}: {question.sentence} Say {answers}."
    return Problem(question.field or question.about, sentence, rule="answer")
