"""An uploaded workbook compared with what it was downloaded from, and with what was stored since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.access import Actor
from engine.data.options import bad_file
from engine.errors import Invalid, NotFound, Problem
from engine.parameters import changes as moved
from engine.parameters import set_values
from engine.parameters.equality import MISSING, same
from engine.parameters.in_force import DEFAULT
from engine.parameters.merging import SIDES, THEIRS, YOURS, Merge, differing, three_way
from engine.parameters.set_records import SetVersion
from engine.parameters.spreadsheet.collecting import collect, newest
from engine.parameters.spreadsheet.content import Content, as_table, columns_of
from engine.parameters.spreadsheet.layout import Found, Meta, meta_of, sheets_of
from engine.parameters.spreadsheet.reading import Context, Reading, read_values
from engine.parameters.spreadsheet.reading_tables import read_table
from engine.parameters.spreadsheet.records import Conflict, Meanwhile, SheetPreview, SheetProblem, TableChange
from engine.parameters.spreadsheet.row_diff import table_change
from engine.parameters.spreadsheet.workbook import Workbook, read_workbook
from engine.store.base import utc_now

if TYPE_CHECKING:
    from engine.engine import Engine

MOST_SINCE = 20


@dataclass(frozen=True)
class Compared:
    """A preview, and what is needed to store it."""

    preview: SheetPreview
    merge: Merge


def compare_file(
    engine: Engine, actor: Actor, model: str, name: str, path: Path, file: str, place: str = ""
) -> Compared:
    """Read a workbook and compare it. ``place`` counts where the file does not name one. Raises Invalid, NotFound."""
    book = read_workbook(path, file)
    sheets = sheets_of(book)
    if not any(found.kind == "values" and "value" in found.columns for found in sheets):
        sentence = (
            f"“{file}” is not a workbook of a parameter set: the sheet of values or its hidden row is missing. "
            "Download the set as XLSX, change that file, and upload it."
        )
        raise bad_file(file, sentence, rule="a downloaded workbook")
    reading = Reading()
    content = _content(engine, actor, model, name, meta_of(book), place, reading)
    _read(engine, book, sheets, content, reading)
    return _compared(engine, actor, model, name, file, content, reading)


def _content(
    engine: Engine, actor: Actor, model: str, name: str, meta: Meta | None, place: str, reading: Reading
) -> Content:
    """What was downloaded, as it was then; of a file from elsewhere, what is newest here."""
    if meta is not None and (meta.model, meta.set) == (model, name):
        try:
            version = engine.sets.version(actor, model, name, meta.base) if meta.base is not None else None
            return collect(engine, actor, model, name, version, meta.place, meta.valid_on, meta.known_at)
        except NotFound:
            reading.notices.append("What the file was downloaded from is not there any more.")
    elif meta is None:
        reading.notices.append(
            "The file does not say which version it was downloaded from (its hidden sheet is gone or changed)."
        )
    else:
        reading.notices.append(
            f"The file was downloaded from the set “{meta.set}” of the model “{meta.model}”."
        )
    reading.notices.append("It is compared with the newest version of this set.")
    there = {"", *(one.place for one in engine.sets.places(actor, model, name))}
    asked = meta.place if meta is not None and meta.place in there else place
    version = newest(engine, actor, model, name, asked)
    return collect(engine, actor, model, name, version, asked, engine.sets.today(), utc_now())


def _read(engine: Engine, book: Workbook, sheets: list[Found], content: Content, reading: Reading) -> None:
    context = Context(engine.settings.business_timezone, book.from_1904)
    own = [found for found in sheets if found.kind in ("table", "list")]
    read: set[str] = set()
    for found in own:
        one = content.shown.get(found.field)
        if one is None or one.type != found.kind or found.field in content.masked:
            reading.notices.append(
                f"Sheet “{found.sheet.title}” belongs to no parameter of the model; it was left out."
            )
        elif found.field in read:
            sentence = f"{one.label(found.field)} has another sheet as well. Delete one of them."
            reading.blame(found.field, found.sheet.title, "A1", sentence, "one sheet each")
        else:
            read.add(found.field)
            read_table(found, content, context, reading)
    gone = [content.fields[name].label(name) for name in content.on_sheets if name not in read]
    if gone:
        reading.notices.append(f"Without a sheet in the file, and left as stored: {', '.join(gone)}.")
    values = next(found for found in sheets if found.kind == "values" and "value" in found.columns)
    read_values(values, content, context, reading, read)
    reading.problems.sort(key=lambda one: one.sheet != values.sheet.title)


def _compared(
    engine: Engine, actor: Actor, model: str, name: str, file: str, content: Content, reading: Reading
) -> Compared:
    began = {n: content.values[n] for n in content.own}
    yours = {n: v for n, v in (began | reading.set).items() if n not in reading.dropped}
    held = newest(engine, actor, model, name, content.meta.place)
    merge, since = _merge(engine, actor, content, began, yours, held, reading)
    _together(engine, actor, model, content, merge.merged, reading)
    guarded = engine.sets.get(actor, model, name).guarded
    changed = differing(began, yours)
    tables = [
        _table(content, n, yours[n], reading)
        for n in content.fields
        if n in changed and _rowed(content, n, yours)
    ]
    lines = [_line(content, n, yours, guarded, tables) for n in content.fields if n in changed]
    if reading.more:
        reading.notices.append(f"{reading.more:,} more cells have problems; they show once these are mended.")
    preview = SheetPreview(
        model=model,
        set=name,
        place=content.meta.place,
        file=file,
        from_version=content.meta.base,
        base=held.number if held is not None else None,
        changes=lines,
        tables=tables,
        values=merge.merged,
        problems=reading.problems,
        notices=reading.notices,
        conflicts=[_conflict(content, merge, n) for n in merge.conflicts],
        meanwhile=since,
        wrong=reading.wrong,
        yours=yours,
        dropped=reading.dropped,
        valid_on=content.meta.valid_on,
    )
    return Compared(preview, merge)


def _merge(
    engine: Engine,
    actor: Actor,
    content: Content,
    began: dict[str, Any],
    yours: dict[str, Any],
    held: SetVersion | None,
    reading: Reading,
) -> tuple[Merge, list[Meanwhile]]:
    meta = content.meta
    if held is None or held.number == meta.base:
        return Merge(began, began, yours, yours, ()), []
    theirs = {n: v for n, v in held.values.items() if n in content.fields}
    merge = three_way(began, theirs, yours)
    if meta.base is not None and held.number < meta.base:
        reading.notices.append(
            f"Version {meta.base}, which the file was downloaded from, was turned down. The file's changes are made to "
            f"version {held.number} instead."
        )
        return merge, []
    versions, _ = engine.sets.versions(actor, meta.model, meta.set, place=meta.place, limit=MOST_SINCE)
    since = [
        Meanwhile(one.number, one.author, one.state, one.changed)
        for one in versions
        if one.number > (meta.base or 0) and one.state not in ("rejected", "expired")
    ]
    return merge, since


def _together(
    engine: Engine, actor: Actor, model: str, content: Content, merged: dict[str, Any], reading: Reading
) -> None:
    """The model's rules across fields, over what would hold at the place."""
    manifest = engine.catalog.version(actor, model).manifest
    above = {n: v for n, v in content.inherited.items() if n in content.origins}
    if content.masked & (merged.keys() | above.keys()):
        return  # what is not shown cannot be judged here; storing it does
    try:
        set_values.check_together(manifest, above | merged)
    except Invalid as failure:
        known = {one.field for one in reading.problems}
        reading.problems += [
            SheetProblem(one.where, "", "", one.sentence, one.value, one.rule)
            for one in failure.problems
            if one.where not in known
        ]


def _conflict(content: Content, merge: Merge, name: str) -> Conflict:
    table = merge.tables.get(name)
    answers: dict[str, Any] = {side: merge.decided(name, side) for side in SIDES}
    cells = table.collisions if table is not None else None
    title = content.fields[name].label(name)
    return Conflict(name, title, merge.theirs.get(name), merge.yours.get(name), answers, cells)


def _line(
    content: Content, name: str, yours: dict[str, Any], guarded: bool, tables: list[TableChange]
) -> moved.FieldChange:
    one, place = content.fields[name], content.meta.place
    inherited = (content.inherited.get(name), content.origins.get(name, DEFAULT))
    before = (content.values.get(name), place) if name in content.own else inherited
    after = (yours[name], place) if name in yours else inherited
    made = moved.change(name, one, before, after, guarded=guarded or one.guarded)
    rows = next((t for t in tables if t.field == name), None)
    return (
        replace(made, rows=moved.RowChanges(rows.added, rows.removed, rows.changed, rows.moved))
        if rows
        else made
    )


def _rowed(content: Content, name: str, yours: dict[str, Any]) -> bool:
    return name in yours and content.fields[name].type in ("table", "list")


def _table(content: Content, name: str, after: Any, reading: Reading) -> TableChange:
    one = content.fields[name]
    before = as_table(one, content.values.get(name))
    return table_change(name, list(columns_of(one)), before, as_table(one, after), reading.rows.get(name))


def refuse_problems(preview: SheetPreview) -> None:
    """Raise Invalid where a workbook cannot be stored, each problem with its sheet and cell."""
    if preview.problems:
        raise Invalid(
            f"the file “{preview.file}”",
            [
                Problem(
                    f"{one.sheet}!{one.cell}" if one.sheet else one.field, one.sentence, one.value, one.rule
                )
                for one in preview.problems
            ],
        )
    if not preview.changes:
        since = (
            "version " + str(preview.from_version)
            if preview.from_version
            else "the values that it was downloaded with"
        )
        sentence = f"Nothing in “{preview.file}” differs from {since}: nothing was saved."
        raise Invalid(f"the file “{preview.file}”", [Problem(preview.file, sentence, rule="a change")])


def chosen(compared: Compared, choose: dict[str, str]) -> dict[str, Any]:
    """The values to store, each conflict decided: ``yours`` (the file's) or ``theirs``."""
    values = dict(compared.merge.merged)
    for name in compared.merge.conflicts:
        value = compared.merge.decided(name, YOURS if choose.get(name) == YOURS else THEIRS)
        if value is MISSING:
            values.pop(name, None)
        else:
            values[name] = value
    return values


def sources(compared: Compared, values: dict[str, Any]) -> dict[str, str]:
    """Which of the stored values came from the file."""
    merge, source = compared.merge, f"xlsx:{compared.preview.file}"
    return {
        name: source
        for name in differing(merge.base, merge.yours)
        if name in values and same(values[name], merge.yours.get(name, MISSING))
    }
