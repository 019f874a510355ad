"""What a parameter file says beside a model's fields, and what importing it would do to a set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.catalog.manifest import Manifest
from engine.errors import Invalid
from engine.parameters import set_values
from engine.parameters.imports.questions import questions
from engine.parameters.imports.records import Answers, Difference, Effect, FilePreview, GivenFile
from engine.parameters.imports.secrecy import withheld
from engine.parameters.textfiles.document import Document
from engine.parameters.textfiles.files import detect, match, read
from engine.parameters.textfiles.matching import Preview


def opened(file: GivenFile, manifest: Manifest, answers: Answers) -> tuple[Document, Preview]:
    """The file, read and matched; names that the model's own script says count as said. Raises Invalid."""
    document = read(file.data, file.name, answers.kind, answers.encoding)
    options = answers.options()
    named = script_names(document, manifest)
    return document, match(document, manifest.fields, replace(options, paths=named | dict(options.paths)))


def fitting(file: GivenFile, earlier: Answers) -> Answers:
    """What was said about an earlier file of that name, as far as it is true of this one."""
    try:
        likely = detect(file.data, file.name, earlier.encoding)
        document = read(file.data, file.name, earlier.kind, earlier.encoding)
    except Invalid:
        return Answers()
    if likely and likely[0].certain and likely[0].kind != earlier.kind:
        return Answers()  # another kind of file by now
    kept = {
        name: path for name, path in earlier.paths.items() if path is None or document.entry(path) is not None
    }
    return replace(earlier, paths=kept)


def script_names(document: Document, manifest: Manifest) -> dict[str, str | None]:
    """Field → what the model's own parameter file calls it, where this file has such a name."""
    script = manifest.script_section
    if script is None:
        return {}
    given: Mapping[str, str] = {}
    if script.parameters is not None:
        given = script.parameters.keys
    elif script.constants is not None:
        given = script.constants.names
    return {name: path for name, path in given.items() if document.entry(path) is not None}


def preview(
    file: GivenFile,
    manifest: Manifest,
    answers: Answers,
    zones: tuple[str, ...],
    effect: Effect | None = None,
) -> FilePreview:
    """All that there is to say of a file. Raises Invalid where it cannot be read."""
    document, matched = opened(file, manifest, answers)
    return told(file, manifest, answers, zones, document, matched, effect)


def told(
    file: GivenFile, manifest: Manifest, answers: Answers, zones: tuple[str, ...], document: Document,
    matched: Preview, effect: Effect | None,
) -> FilePreview:  # fmt: skip
    """The record of a file that was read and matched."""
    hidden = withheld(document, matched, manifest.fields)
    names = {entry.path for entry in hidden}
    unknown = tuple(replace(u, text="•••") if u.path in names else u for u in matched.unknown)
    return FilePreview(
        name=file.name,
        kind=document.kind,
        encoding=document.encoding,
        newline=document.newline,
        bytes=len(file.data),
        values=len(document.entries),
        lines=matched.lines,
        unknown=unknown,
        missing=matched.missing,
        notes=document.notes,
        questions=questions(document, matched, manifest.fields, answers, zones),
        withheld=tuple(entry.path for entry in hidden),
        answers=answers,
        effect=effect,
    )


def effect_on(
    manifest: Manifest, found: Mapping[str, Any], source: str, where: Mapping[str, Any], above: Mapping[str, Any],
    in_force: Mapping[str, Any], origin: Mapping[str, str], own: Mapping[str, Any],
) -> Effect:  # fmt: skip
    """What storing these values would do.

    ``own`` are the fields that the newest version of the place sets, ``above`` what the place inherits, ``in_force``
    what holds there on the day with its ``origin``. At a place below the company a value that it inherits anyhow is
    not set: else it would no longer follow.
    """
    below = bool(where["place"])
    left = {n for n, v in found.items() if below and n not in own and n in above and _same(above[n], v)}
    taken = {name: value for name, value in found.items() if name not in left}
    values = dict(own) | taken
    before = set_values.defaults(manifest) | dict(in_force)
    differences = tuple(
        Difference(name, before.get(name), value, origin.get(name))
        for name, value in found.items()
        if name not in before or not _same(before[name], value)
    )
    changed = {difference.field for difference in differences}
    return Effect(
        set=str(where["set"]),
        place=str(where["place"]),
        new_set=bool(where["new_set"]),
        base=where["base"],
        values=values,
        sources={
            name: source for name, value in taken.items() if name not in own or not _same(own[name], value)
        },
        differences=differences,
        same=tuple(name for name in found if name not in changed),
        inherited=tuple(name for name in found if name in left),
        broken=_broken(manifest, dict(above) | values),
    )


def _broken(manifest: Manifest, merged: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        set_values.check_together(manifest, merged)
    except Invalid as error:
        return tuple(problem.sentence for problem in error.problems)
    return ()


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
