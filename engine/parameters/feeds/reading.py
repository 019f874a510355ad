"""What the sources give: read with the rights of whoever answers for the feed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.access import DATASET_READ, MODEL_READ, RUN_READ, Actor, require
from engine.data.classes import MASK
from engine.errors import Conflict, Invalid, NotFound, Problem, Unavailable
from engine.parameters import field_types as f
from engine.parameters.feeds import files, latest, web
from engine.parameters.feeds import sources as s
from engine.parameters.feeds.picking import day_of, decoded, pick
from engine.parameters.feeds.records import Found
from engine.runs.hiding import Hider

if TYPE_CHECKING:
    from engine.engine import Engine

TURN_SECONDS = 40.0  # so long a feed waits for another query of its owner to end
OBSERVED = "observed_on"


@dataclass(frozen=True)
class Reading:
    """One reading: for the feed of a ``field`` of a set of ``model``, which is ``department``'s."""

    engine: Engine
    actor: Actor
    field: f.FieldBase
    model: str
    department: str | None

    @property
    def today(self) -> date:
        """The business day."""
        return self.engine.sets.today()

    def day(self, moment: datetime) -> date:
        """The business day of a moment."""
        return moment.astimezone(ZoneInfo(self.engine.settings.business_timezone)).date()

    def read(self, source: Any) -> Found:
        """Raises Invalid (it will not pass by itself), Unavailable and Conflict (it may), Refused and NotFound."""
        found = _READ[source.kind](self, source)
        if _holds(found.value, MASK):
            raise unfit(
                "What the feed reads is personal data that its owner sees masked. Feed from another column."
            )
        return found

    def check(self, source: Any) -> None:
        """Can this actor have that source at all? Looked at when a feed is made. Raises as ``read``."""
        _CHECK[source.kind](self, source)


def unfit(sentence: str) -> Invalid:
    """The error for a source that does not give a value."""
    return Invalid("the feed", [Problem("source", sentence)])


# ---- datasets


def _sql(reading: Reading, source: s.SqlSource) -> Found:
    engine, actor = reading.engine, reading.actor
    several = isinstance(reading.field, f.ListField | f.MultiChoiceField | f.TableField)
    most = reading.field.max_rows + 1 if isinstance(reading.field, f.TableField) else 1001 if several else 2
    versions = [engine.datasets.version(actor, name) for name in source.datasets]
    pinned = [version.reference for version in versions]
    result = _in_turn(lambda: engine.datasets.query(actor, source.sql, pinned, limit=most))
    names = [column.name for column in result.page.columns]
    rows = [dict(zip(names, row, strict=True)) for row in result.page.rows]
    if not rows:
        raise unfit("The query found no row. Check its conditions and the newest data.")
    if not several and result.rows > 1:
        raise unfit(
            f"The query found {result.rows} rows; a feed needs one. Add a condition, or ORDER BY … LIMIT 1."
        )
    observed = [day_of(row.pop(OBSERVED), "The query") for row in rows if OBSERVED in row]
    known = [day for day in observed if day is not None]
    newest = max(known) if known else reading.day(max(version.created_at for version in versions))
    return Found(_shaped(reading.field, rows), newest, {"datasets": pinned})


def _shaped(field: f.FieldBase, rows: list[dict[str, Any]]) -> Any:
    """The rows of a query as the field takes them."""
    if isinstance(field, f.TableField):
        return rows
    names = list(rows[0])
    if isinstance(field, f.MoneyField) and set(names) == {"amount", "currency"}:
        return rows[0]
    if len(names) != 1:
        told = ", ".join(names[:12]) or f"only {OBSERVED}"
        raise unfit(
            f"The query has the columns {told}; a feed needs one for its value (and {OBSERVED} for its day)."
        )
    column = [row[names[0]] for row in rows]
    return column if isinstance(field, f.ListField | f.MultiChoiceField) else column[0]


def _dataset(reading: Reading, source: s.DatasetSource) -> Found:
    from engine.data.warehouse import Filter

    engine, actor = reading.engine, reading.actor
    version = engine.datasets.version(actor, source.dataset)
    known = {column.name: column for column in version.schema}
    for name in (source.column, source.where, source.newest_by, source.observed):
        if name and name not in known:
            raise unfit(
                f"“{version.reference}” has no column “{name}”. Its columns are: {', '.join(list(known)[:20])}."
            )
        if name and known[name].masked:
            raise unfit(
                f"The column “{name}” of {source.dataset} holds personal data that is masked for you."
            )
    where = [Filter(source.where, "=", source.equals)] if source.where else []
    page = lambda **more: engine.datasets.page(actor, source.dataset, version.number, filters=where, **more)  # noqa: E731
    if source.newest_by:
        there = [*where, Filter(source.newest_by, "is present")]
        read = engine.datasets.page(
            actor,
            source.dataset,
            version.number,
            filters=there,
            sort=source.newest_by,
            descending=True,
            limit=1,
        )
    else:
        total = page(limit=0).total
        read = page(offset=max(total - 1, 0), limit=1)
    if not read.rows:
        told = f" with {source.where} = {source.equals}" if source.where else ""
        raise unfit(f"“{version.reference}” has no row{told}.")
    row = dict(zip((column.name for column in read.columns), read.rows[0], strict=True))
    own = day_of(row[source.observed], f"“{version.reference}”") if source.observed else None
    return Found(
        row[source.column], own or reading.day(version.created_at), {"datasets": [version.reference]}
    )


def _check_datasets(reading: Reading, source: Any) -> None:
    engine = reading.engine
    for name in source.datasets if isinstance(source, s.SqlSource) else [source.dataset]:
        require(
            engine.authorizer, reading.actor, DATASET_READ, engine.datasets.resource(name), engine.auditor
        )


def _in_turn(work: Callable[[], Any]) -> Any:
    """Wait while another query of the same person runs: a person allows one at a time."""
    end = time.monotonic() + TURN_SECONDS
    while True:
        try:
            return work()
        except Conflict:
            if time.monotonic() > end:
                raise Unavailable("Another query of the feed's owner is running. Try again later.") from None
            time.sleep(0.2)


# ---- files and addresses


def _file(reading: Reading, source: s.FileSource) -> Found:
    body, written = files.read(source.path, reading.engine.settings)
    what = f"The file “{source.path}”"
    value, own = pick(source, decoded(body, what), reading.field, what)
    origin = {"file": source.path, "sha256": hashlib.sha256(body).hexdigest()}
    return Found(value, own or reading.day(written), origin)


def _check_file(reading: Reading, source: s.FileSource) -> None:
    files.check(source.path, reading.engine.settings)


def _url(reading: Reading, source: s.UrlSource) -> Found:
    headers, hider = {}, Hider()
    if source.secret:
        value = _secret(reading, source)
        headers[source.header] = source.prefix + value
        hider.add(value)
    place = web.allowed(source.url, reading.engine.settings)
    body = web.fetch(source.url, reading.engine.settings, headers)
    what = f"The answer of {web.shown(place)}"
    try:
        found, own = pick(source, decoded(body, what), reading.field, what)
    except Invalid as error:  # a sentence may quote what came back, which may repeat what was sent
        raise unfit(hider.text(error.sentence)) from None
    if source.secret and hider.anything(found) != found:
        raise unfit(f"{what} holds the secret that was sent: it is not taken as a value.")
    return Found(
        found, own or reading.today, {"url": web.shown(place), "sha256": hashlib.sha256(body).hexdigest()}
    )


def _secret(reading: Reading, source: s.UrlSource) -> str:
    secrets = reading.engine.secrets
    if secrets is None:
        raise Unavailable(f"The secret “{source.secret}” is not stored here. Store it, then try again.")
    value = secrets.reveal(
        reading.actor, source.secret, department=reading.department, purpose="feed", model=reading.model
    )
    if not value.isascii() or not value.isprintable():
        raise unfit(
            f"The secret “{source.secret}” cannot stand in a header: it holds more than plain characters."
        )
    return value


def _check_url(reading: Reading, source: s.UrlSource) -> None:
    web.allowed(source.url, reading.engine.settings)
    if source.secret and reading.engine.secrets is not None:
        reading.engine.secrets.usable(reading.actor, source.secret, reading.department)
    elif source.secret:
        _secret(reading, source)


# ---- metrics


def _metric(reading: Reading, source: s.MetricSource) -> Found:
    engine, actor = reading.engine, reading.actor
    _check_metric(reading, source)
    live = engine.catalog.version(actor, source.model, "live").number
    run = latest.run(engine, actor, source, live)
    if run is None:
        at = f" at {source.place}" if source.place else ""
        unchanged = f" with what {source.set} has in force{at}, nothing changed" if source.set else ""
        raise unfit(
            f"The live version {live} of {source.model} has no succeeded run{unchanged} yet. Run it once."
        )
    outputs = {output.name: output for output in engine.runs.outputs(actor, run.id)}
    found = outputs.get(source.output)
    if found is None or found.kind != "metric":
        raise unfit(f"The newest run of {source.model} has no metric “{source.output}”.")
    origin = {"run": run.id, "model": source.model, "version": run.version}
    return Found(found.value, reading.day(run.finished_at or run.submitted_at), origin)


def _check_metric(reading: Reading, source: s.MetricSource) -> None:
    engine, actor = reading.engine, reading.actor
    require(engine.authorizer, actor, MODEL_READ, engine.catalog.resource(source.model), engine.auditor)
    require(engine.authorizer, actor, RUN_READ, None, engine.auditor)
    outputs = engine.catalog.version(actor, source.model, "live").manifest.outputs
    metrics = [name for name, output in outputs.items() if output.kind == "metric"]
    if source.output not in metrics:
        raise unfit(
            f"{source.model} has no metric “{source.output}”. Its metrics are: {', '.join(metrics) or 'none'}."
        )
    if source.set:
        if source.set.startswith("~"):
            raise NotFound("params", f"{source.model}/{source.set}", "A personal preset feeds nothing.")
        places = [one.place for one in engine.sets.places(actor, source.model, source.set)]
        if source.place and source.place not in places:
            raise NotFound(
                "place", source.place, f"The places of {source.set} are: {', '.join(places) or 'none'}."
            )


def _holds(value: Any, wanted: str) -> bool:
    if isinstance(value, dict):
        return any(_holds(part, wanted) for part in value.values())
    if isinstance(value, list):
        return any(_holds(part, wanted) for part in value)
    return isinstance(value, str) and value == wanted


_READ: dict[str, Callable[[Reading, Any], Found]] = {
    "sql": _sql, "dataset": _dataset, "file": _file, "url": _url, "metric": _metric,
}  # fmt: skip
_CHECK: dict[str, Callable[[Reading, Any], None]] = {
    "sql": _check_datasets, "dataset": _check_datasets, "file": _check_file, "url": _check_url,
    "metric": _check_metric,
}  # fmt: skip
