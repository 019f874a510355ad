"""Feeds as HTML: a list with what each brought last, how old its value is, what waits; and the history of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from app.components import rows, shown
from app.components.params_values import place_name, worded
from app.components.view import badge, icon, join, link, tag
from app.text import t
from engine.parameters.feeds.records import ACTIVE, HELD, POSTPONED, Feed, FeedTry, Freshness
from engine.parameters.feeds.values import amount_of
from engine.parameters.numbers import format_decimal
from engine.store.base import utc_now

OUTCOMES = {
    "same": ("gray", "equal"),
    "suggested": ("blue", "lightbulb"),
    "held": ("orange", "front_hand"),
    "postponed": ("orange", "hourglass_top"),
    "applied": ("green", "check_circle"),
    "in-review": ("orange", "hourglass_top"),
    "failed": ("red", "error"),
    "accepted": ("green", "check_circle"),
    "declined": ("gray", "block"),
    "replaced": ("gray", "history"),
}
SOURCES = {"sql": "database", "dataset": "table", "file": "description", "url": "link", "metric": "speed"}


def listed(
    feeds: Sequence[Feed],
    ages: Mapping[tuple[str, str], Freshness],
    fields: Mapping[str, Any],
    titles: Mapping[str, str],
    *,
    changes: bool,
) -> Markup:
    """The feeds. ``ages`` by (place, field); ``changes``: this person may change the set."""
    shown.people({one.owner for one in feeds})
    made = [_feed(one, ages.get((one.place, one.field)), fields, titles, changes) for one in feeds]
    return tag("ul", join(made), cls="qd-list qd-feeds")


def _feed(
    feed: Feed, age: Freshness | None, fields: Mapping[str, Any], titles: Mapping[str, str], changes: bool
) -> Markup:
    field = fields.get(feed.field)
    label = field.label(feed.field) if field is not None else feed.field
    name = label if feed.title in ("", feed.field) else feed.title
    under = [label] if name != label else []
    if titles:
        under.append(place_name(feed.place, titles))
    under.append(t(f"feeds.mode.{feed.mode}.short"))
    under.append(t(f"feeds.trigger.{feed.trigger}.short"))
    under.append(t("feeds.by", who=shown.person(feed.owner)))
    head = tag("span", join([name, tag("span", " · ".join(under), cls="qd-under")]), cls="qd-title")
    body = [_line([head, *_marks(feed, age)]), tag("p", _source(feed.source), cls="qd-small qd-wrap")]
    body += _said(feed, field, age)
    if changes:
        body.append(tag("div", join(_buttons(feed, name), " "), cls="qd-line qd-acts"))
    return tag("li", join(body), cls="qd-row")


def _line(parts: list[Any]) -> Markup:
    return tag("div", join(parts), cls="qd-line")


def _marks(feed: Feed, age: Freshness | None) -> list[Markup]:
    marks = []
    if feed.state != ACTIVE:
        marks.append(badge(t("feeds.paused"), "gray", "pause_circle"))
    elif feed.failures:
        marks.append(badge(t("feeds.failing"), "red", "error"))
    if feed.waiting is not None:
        outcome = feed.waiting.outcome
        marks.append(outcome_badge(outcome))
    if age is not None:
        marks.append(age_badge(age))
    return marks


def age_badge(age: Freshness) -> Markup:
    """How old a fed value is; amber where that is too old."""
    if age.age_days is None:
        return badge(t("feeds.no_value"), "gray")
    words = t("feeds.today") if age.age_days == 0 else t("feeds.old", count=age.age_days)
    if not age.fed:
        words = t("feeds.by_hand", age=words)
    return badge(words, "orange" if age.stale else "gray", "schedule")


def outcome_badge(outcome: str) -> Markup:
    """What came of a try, the same everywhere."""
    colour, symbol = OUTCOMES.get(outcome, ("gray", "help"))
    return badge(t(f"feeds.outcome.{outcome}"), colour, symbol)


def _source(source: Mapping[str, Any]) -> Markup:
    kind = source["kind"]
    words = [icon(SOURCES.get(kind, "input")), " ", t(f"feeds.kind.{kind}"), ": "]
    if kind == "sql":
        words.append(tag("code", " ".join(source["sql"].split())[:300]))
        words += [
            " ",
            t("feeds.over"),
            " ",
            join((link(n, "datasets", dataset=n) for n in source["datasets"]), ", "),
        ]
    elif kind == "dataset":
        words += [link(source["dataset"], "datasets", dataset=source["dataset"]), " · ", source["column"]]
        if source.get("where"):
            words.append(f" ({source['where']} = {source.get('equals', '')})")
    elif kind == "metric":
        words += [link(source["model"], "model", model=source["model"]), " · ", source["output"]]
        if source.get("set"):
            words.append(f" ({t('feeds.only_set', set=source['set'])})")
    else:
        words.append(tag("code", source.get("url") or source.get("path", "")))
        if source.get("value"):
            words.append(f" · {source['value']}")
    if source.get("factor"):
        words.append(f" × {source['factor']}")
    return join(words)


def _said(feed: Feed, field: Any, age: Freshness | None) -> list[Markup]:
    """What is in force, what waits, what went wrong."""
    lines = []
    if feed.waiting is not None:
        lines.append(tag("p", change(feed.waiting, field), cls="qd-strong"))
        lines.append(tag("p", seen(feed.waiting), cls="qd-small qd-muted"))
        if feed.waiting.outcome == HELD:
            lines.append(tag("p", feed.waiting.sentence, cls="qd-small qd-warn"))
    if feed.state != ACTIVE:
        lines.append(tag("p", feed.paused_because, cls="qd-small"))
    elif feed.failures and feed.last is not None:
        lines.append(tag("p", feed.last.sentence, cls="qd-small qd-bad"))
        lines.append(tag("p", t("feeds.kept", count=feed.failures), cls="qd-small qd-muted"))
    elif feed.last is not None and feed.last.outcome == POSTPONED:
        lines.append(tag("p", change(feed.last, field)))
        lines.append(tag("p", feed.last.sentence, cls="qd-small qd-warn"))
    elif feed.last is not None and feed.waiting is None:
        lines.append(tag("p", join([_last(feed.last, field), " ", seen(feed.last)]), cls="qd-small qd-muted"))
    elif feed.last is None:
        lines.append(tag("p", t("feeds.never"), cls="qd-small qd-muted"))
    if age is not None and age.stale:
        lines.append(tag("p", t("feeds.stale", days=age.stale_days), cls="qd-small qd-warn"))
    return lines


def _last(last: FeedTry, field: Any) -> str:
    value = worded(field, last.value)
    return t(f"feeds.last.{last.outcome}", value=value, number=last.number or "")


def change(found: FeedTry, field: Any) -> Markup:
    """``1.05 → 1.08 (+2.86 %)``."""
    old = worded(field, found.old) if found.had_old or found.old is not None else t("feeds.nothing")
    words = [
        tag("span", old, cls="qd-number"),
        " → ",
        tag("span", worded(field, found.value), cls="qd-number"),
    ]
    before, after = amount_of(found.old), amount_of(found.value)
    if before and after is not None:
        step = round((after - before) * 100 / abs(before), 2)
        words.append(f" ({'+' if step > 0 else ''}{format_decimal(step.normalize() + 0)} %)")
    return join(words)


def seen(found: FeedTry) -> Markup:
    """Of which day a value is, and what was read."""
    words = []
    if found.observed_on is not None:
        words.append(t("feeds.observed", day=shown.day(found.observed_on)))
    if read := came_from(found.origin):
        words.append(join([t("feeds.read"), " ", read]))
    return join([join(words, ", "), "."]) if words else Markup("")


def came_from(origin: Mapping[str, Any]) -> Markup:
    """What was read, with links."""
    if origin.get("run"):
        label = t("feeds.run", id=str(origin["run"])[-6:], model=origin.get("model", ""))
        return link(label, "run", run=origin["run"])
    if origin.get("datasets"):
        pairs = [(one, *one.partition("@")[::2]) for one in origin["datasets"]]
        return join(
            (link(one, "datasets", dataset=name, version=number) for one, name, number in pairs), ", "
        )
    return tag("code", str(origin.get("file") or origin.get("url") or "")) if origin else Markup("")


def _buttons(feed: Feed, name: str) -> list[Markup]:
    made = []
    if feed.waiting is not None:
        made.append(rows.act(t("feeds.accept"), f"accept:{feed.id}", symbol="check", about=name))
        made.append(rows.act(t("feeds.decline"), f"decline:{feed.id}", symbol="block", about=name))
    if feed.state == ACTIVE:
        made.append(rows.act(t("feeds.fetch"), f"fetch:{feed.id}", symbol="download", about=name))
    else:
        made.append(rows.act(t("feeds.resume"), f"resume:{feed.id}", symbol="play_arrow", about=name))
    made.append(rows.act(t("feeds.change"), f"change:{feed.id}", symbol="edit", about=name))
    made.append(rows.act(t("feeds.history"), f"history:{feed.id}", symbol="history", about=name))
    if feed.state == ACTIVE:
        made.append(rows.act(t("feeds.pause"), f"pause:{feed.id}", symbol="pause", about=name))
    made.append(rows.act(t("feeds.remove"), f"remove:{feed.id}", symbol="delete", about=name))
    return made


def history(tries: Sequence[FeedTry], field: Any, zone: str, *, model: str, set_: str) -> Markup:
    """What a feed tried, newest first."""
    names = shown.people({one.by for one in tries} | {one.decided_by for one in tries if one.decided_by})
    now = utc_now()
    return tag(
        "ul", join(_try(one, field, names, zone, now, model, set_) for one in tries), cls="qd-list qd-tries"
    )


def _try(
    one: FeedTry, field: Any, names: Mapping[str, str], zone: str, now: datetime, model: str, set_: str
) -> Markup:
    told = (
        [tag("p", change(one, field)), tag("p", seen(one), cls="qd-small qd-muted")]
        if one.value is not None
        else []
    )
    if one.sentence:
        told.append(tag("p", one.sentence, cls="qd-small"))
    if one.decided_by:
        told.append(
            tag("p", t("feeds.decided", who=names[one.decided_by], reason=one.reason), cls="qd-small")
        )
    if one.number:
        version = t("version.short", number=one.number)
        told.append(
            tag("p", link(version, "params-set", model=model, set=set_, version=one.number), cls="qd-small")
        )
    when = tag("span", shown.when(one.at, zone, now=now), title=shown.exactly(one.at, zone))
    cause = t("feeds.asked", who=names[one.by]) if one.cause == "hand" else t("feeds.cause.new-data")
    side = tag(
        "div", join([outcome_badge(one.outcome), tag("p", when), tag("p", cause)]), cls="qd-small qd-muted"
    )
    return tag("li", side + tag("div", join(told)), cls="qd-row")
