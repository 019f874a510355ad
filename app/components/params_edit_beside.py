"""What stands beside a field on the edit page: the value in force, the last ones, age, source, and who sets it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from app.components import params_changes, shown
from app.components.page import plain
from app.components.params_edit_state import Memory, read_of
from app.components.params_feeds_view import age_badge
from app.components.params_values import place_name, worded
from app.components.sparkline import number_of, sparkline
from app.components.view import badge, join, link, tag
from app.text import t
from engine.parameters.equality import same
from engine.parameters.feeds.records import Freshness
from engine.parameters.field_types import FieldBase
from engine.parameters.in_force import DEFAULT
from engine.parameters.set_records import Past
from engine.parameters.usual import Unusual, unusual

LONG = 60  # characters of a value that is no number


def beside(memory: Memory, name: str, freshness: Freshness | None = None) -> Markup:
    """The whole of it, as one piece of HTML; its buttons name the acts ``here``, ``inherit`` and ``back``."""
    f, about = memory.form.fields[name], memory.about
    held, origin = _held(memory, name)
    past = about.past.get(name, [])
    value = tag("strong", worded(f, held), cls="qd-number qd-wrap")
    lines = [
        tag("div", join([tag("span", t("edit.held"), cls="qd-muted"), value, _line(memory, name, past)]), cls="qd-held")
    ]  # fmt: skip
    said = _from(memory, name, origin, past, held)
    lines.append(tag("div", said, cls="qd-small qd-muted qd-wrap"))
    if freshness is not None:
        lines.append(_fed(freshness))
    before = _before(f, past)
    if before:
        lines.append(tag("div", before, cls="qd-small qd-muted qd-wrap"))
    acts = _acts(memory, name, held, origin)
    if acts:
        lines.append(tag("div", join(acts), cls="qd-acts"))
    return tag("div", join(lines), cls="qd-beside")


def _held(memory: Memory, name: str) -> tuple[Any, str]:
    """The value in force on the day, and the place that sets it."""
    about = memory.about
    if name in about.held.values:
        return about.held.values[name], about.held.origin.get(name, DEFAULT)
    return about.above.get(name), DEFAULT


def _line(memory: Memory, name: str, past: list[Past]) -> Markup:
    f = memory.form.fields[name]
    numbers = [n for n in (number_of(f, one.value) for one in past) if n is not None]
    if not numbers or (f.type == "boolean" and len(numbers) < 2):
        return Markup("")
    held, _ = _held(memory, name)
    found = read_of(memory, name)
    changed = found.problem is None and not same(found.value, held)
    new = number_of(f, found.value) if changed else None
    words = ", ".join(worded(f, one.value) for one in past)
    return sparkline(numbers, new, t("edit.past", values=words))


def _from(memory: Memory, name: str, origin: str, past: list[Past], held: Any) -> Markup | str:
    """``from version 4, 47 days ago, by Ada, typed``; or that it is the model's default."""
    about = memory.about
    titles = {one.place: one.title for one in about.places}
    if origin == DEFAULT:
        return t("edit.from.default")
    inherited = [t("edit.from.place", place=place_name(origin, titles))] if origin != about.place else []
    last = past[-1] if past and same(past[-1].value, held) else None
    if last is None:
        return join([*inherited, _version(memory, about.held.versions.get(origin))], ", ")
    age = (about.day - last.effective_from).days
    parts = [
        *inherited,
        _version(memory, last.number),
        _age(age),
        t("edit.from.by", who=shown.person(last.author)),
    ]
    return join([*parts, _source(memory, last.source)], ", ")


def _source(memory: Memory, source: str) -> str:
    """How a value came; a feed by its title."""
    kind, _, what = source.partition(":")
    return params_changes.source(f"feed:{memory.feeds.get(what, what)}" if kind == "feed" else source)


def _version(memory: Memory, number: int | None) -> Markup | str:
    if number is None:
        return ""
    card = memory.about.card
    label = t("edit.from.version", number=number)
    return link(label, "params-set", model=card.model, set=card.name, version=number)


def _age(days: int) -> str:
    return t("edit.age.today") if days <= 0 else t("edit.age", count=days)


def _before(f: FieldBase, past: list[Past]) -> str:
    """Earlier values in words, where no line can be drawn through them."""
    if len(past) < 2 or number_of(f, past[-1].value) is not None or f.type in ("table", "list"):
        return ""
    words = [worded(f, one.value) for one in past[-4:-1]]
    return t("edit.before", values=" → ".join(w if len(w) <= LONG else w[: LONG - 1] + "…" for w in words))


def _fed(age: Freshness) -> Markup:
    """Which feed brings the value, how old that is (amber where too old), and whether the feed fails."""
    said = [tag("span", t("edit.fed", title=age.title), cls="qd-small"), age_badge(age)]
    if age.failing:
        said.append(badge(t("edit.fed.fails"), "orange", "warning"))
    return tag("div", join(said), cls="qd-line")


def _acts(memory: Memory, name: str, held: Any, origin: str) -> list[Markup]:
    about = memory.about
    here, found = name in memory.here, read_of(memory, name)
    unreadable = here and found.problem is not None
    differs = unreadable or not same(found.value, held)
    acts = []
    if differs:
        label = t("edit.act.back", value=_short(worded(memory.form.fields[name], held)))
        acts.append(_act(label, "back", memory, name))
    was_here = origin == about.place
    if here and not (differs and not was_here):
        label = t("edit.act.inherit") if about.place else t("edit.act.default")
        acts.append(_act(label, "inherit", memory, name))
    elif not here:
        acts.append(_act(t("edit.act.here"), "here", memory, name))
    return acts


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"


def _act(label: str, act: str, memory: Memory, name: str) -> Markup:
    about = memory.form.fields[name].label(name)
    return tag("button", label, type="button", cls="qd-link", data_act=act, aria_label=f"{label}: {about}")


def marks(memory: Memory, name: str) -> str:
    """In markdown, under the field: guarded, from a file, set here or inherited."""
    f, about = memory.form.fields[name], memory.about
    said = []
    if f.guarded and about.card.kind != "personal":
        said.append(f":violet-badge[:material/shield: {t('form.guarded')}]")
    if name in memory.sources:
        said.append(f":blue-badge[{plain(_source(memory, memory.sources[name]))}]")
    if about.place:
        here = name in memory.here
        word = t("edit.here") if here else t("edit.inherits")
        said.append(f":{'green' if here else 'gray'}-badge[{word}]")
    return " ".join(said)


def warning(memory: Memory, name: str) -> str:
    """A sentence where a value is outside of anything used before, or in another currency than the place's."""
    f, about, found = memory.form.fields[name], memory.about, read_of(memory, name)
    if found.problem is not None or found.value is None or name not in memory.here:
        return ""
    expected = about.held.currency
    if f.type == "money" and expected and found.value["currency"] != expected:
        return t("edit.currency", place=about.place, expected=expected, given=found.value["currency"])
    if same(found.value, _held(memory, name)[0]):
        return ""
    outside = unusual(f, found.value, about.usual.get(name))
    return "" if outside is None else _outside(f, outside)


def _outside(f: FieldBase, outside: Unusual) -> str:
    if outside.kind == "new":
        return t("edit.unusual.new", what=", ".join(outside.what))
    return t(f"edit.unusual.{outside.kind}", bound=worded(f, outside.bound))
