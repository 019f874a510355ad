"""Which kind of parameter file a text is: by the file's name, and by what its lines look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from engine.parameters.textfiles.document import Misread
from engine.parameters.textfiles.formats import FORMATS

CERTAIN, LIKELY = 0.9, 0.6


@dataclass(frozen=True)
class Guess:
    """One kind that the file may be of. ``sure`` is between 0 and 1."""

    kind: str
    sure: float
    why: str

    @property
    def certain(self) -> bool:
        """Need nobody be asked?"""
        return self.sure >= CERTAIN

    @property
    def sentence(self) -> str:
        """The guess, and how sure it is, for a person."""
        word = "certainly" if self.certain else "probably" if self.sure >= LIKELY else "perhaps"
        return f"The file is {word} {FORMATS[self.kind].title} ({self.why}); say its kind if it is another."


def guesses(text: str, name: str = "") -> list[Guess]:
    """The kinds, the likeliest first. A kind that the name says comes first even where the file breaks its rules."""
    ending = PurePath(name).suffix.casefold()
    if PurePath(name).name.casefold() == ".env":
        ending = ".env"
    lines = _lines(text)
    found = []
    for kind, form in FORMATS.items():
        named = ending in form.endings and bool(ending)
        sure, why = _looks(kind, text, lines) if lines else (0.0, "")
        if named:
            reads = bool(sure) and _reads(kind, text)
            found.append(Guess(kind, 0.97 if reads else 0.91, f"its name ends in {ending}"))
        elif sure and _reads(kind, text):
            found.append(Guess(kind, sure, why))
    return sorted(found, key=lambda guess: -guess.sure)


def likely(text: str, name: str = "") -> Guess | None:
    """The first of ``guesses``, found without reading the file as every kind that it may be of."""
    ending = ".env" if PurePath(name).name.casefold() == ".env" else PurePath(name).suffix.casefold()
    lines = _lines(text)
    open_: list[tuple[float, str, str, bool]] = []  # how sure at most, kind, why, is it certain by now
    for kind, form in FORMATS.items():
        named = ending in form.endings and bool(ending)
        sure, why = _looks(kind, text, lines) if lines else (0.0, "")
        if named:
            open_.append((0.97 if sure else 0.91, kind, f"its name ends in {ending}", not sure))
        elif sure:
            open_.append((sure, kind, why, False))
    while open_:
        best = max(open_, key=lambda one: one[0])
        open_.remove(best)
        sure, kind, why, known = best
        if known or _reads(kind, text):
            return Guess(kind, sure, why)
        if ending in FORMATS[kind].endings:
            open_.append((0.91, kind, why, True))
    return None


def likeliest(text: str) -> str:
    """The kind that the lines look like most, though they break its rules; empty where they look like none."""
    lines = _lines(text)
    looks = {kind: _looks(kind, text, lines)[0] for kind in FORMATS} if lines else {}
    best = max(looks, key=lambda kind: looks[kind], default="")
    return best if best and looks[best] else ""


def _lines(text: str) -> list[str]:
    """The lines that say something, without comments; the first few hundred suffice."""
    kept = (line.rstrip() for line in re.split(r"\r\n|\r|\n", text[:200_000])[:500])
    return [line for line in kept if line.strip() and not re.match(r"\s*(?:#|;|//|--(?!-))", line)]


def _reads(kind: str, text: str) -> bool:
    try:
        return bool(FORMATS[kind].entries(text, strict=True))
    except (Misread, RecursionError):
        return False


def _share(lines: list[str], pattern: str) -> float:
    return sum(bool(re.search(pattern, line)) for line in lines) / len(lines)


def _looks(kind: str, text: str, lines: list[str]) -> tuple[float, str]:
    """How much the lines look like that kind, and by what."""
    sections = any(re.fullmatch(r"\s*\[[^\]]+\]\s*([#;].*)?", line) for line in lines)
    quoted = _share(lines, r"=\s*(?:[\"'\[]|true\b|false\b)")
    arrows = _share(lines, r"^[\w.]+\s*<-")
    signs = _share(lines, r"^\s*[^\s=:]+\s*(?:=|:=)\s*\S")
    match kind:
        case "json":
            return (0.98, "it begins with {") if text.lstrip("\ufeff \t\r\n").startswith("{") else (0.0, "")
        case "r":
            code = _share(lines, r"\bc\(|\bTRUE\b|\bFALSE\b|\blibrary\(|as\.Date\(|\d+L\b")
            if arrows:
                return 0.7 + 0.28 * arrows, "values are assigned with <-"
            return (0.75 if code else 0.2, "it has words of R") if signs else (0.0, "")
        case "toml":
            if sections and quoted:
                return 0.85, "it has sections, and texts in quotes"
            return (0.65 if quoted > 0.2 else 0.3, "texts are in quotes") if signs else (0.0, "")
        case "ini":
            return (0.8, "it has sections") if sections else (0.0, "")
        case "yaml":
            colons = _share(lines, r"^\s*(?:[^\s:=,;]+[^:=]*:(\s|$)|- |---|\.\.\.)")
            nested = _share(lines, r"^\s+\S+.*:(\s|$)|^\s*- ") > 0
            return (0.5 + 0.3 * colons + 0.15 * nested, "lines are key: value") if colons > 0.8 else (0.0, "")
        case "csv":
            return _tabular(lines)
        case "python":
            code = _share(lines, r"\bTrue\b|\bFalse\b|\bNone\b|^import |^from |^def |\bdate\(|\"\"\"")
            return (0.8 if code else 0.25, "it has words of Python") if signs else (0.0, "")
        case "julia":
            code = _share(lines, r"^const |::\w|^using |\bnothing\b|\bDate\(\d")
            return (0.8 if code else 0.2, "it has words of Julia") if signs or code else (0.0, "")
        case "fixed":
            columns = _share(lines, r"^\S+( \S+)* {2,}\S")
            apart = not _share(lines, r"^\S+\s*[=:]")
            return (
                (0.5 + 0.3 * columns, "its values stand in a column") if columns > 0.8 and apart else (0, "")
            )
        case _:
            pairs = _share(lines, r"^\s*[^\s=:]+[^=:]*(?:=|:|<-)")
            if signs > 0.5 or pairs > 0.8:
                return 0.45 + 0.25 * signs, "lines are key = value"
            return 0.35, "lines are a name and a value"


def _tabular(lines: list[str]) -> tuple[float, str]:
    for mark, name in ((";", "semicolons"), ("\t", "tabs"), (",", "commas"), ("|", "bars")):
        counts = [re.sub(r'"(?:[^"]|"")*"', "", line).count(mark) for line in lines]
        if min(counts) > 0 and not _share(lines, r"^[^,;\t|\"]*=") and not lines[0].startswith(("{", "[")):
            even = counts.count(counts[0]) / len(counts)
            return 0.6 + 0.25 * even, f"its cells are divided by {name}"
    return 0.0, ""
