"""The parts of a model's page: README, fields, inputs and outputs, golden cases, versions, alias history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from markupsafe import Markup

from app.components import shown
from app.components.view import badge, join, link, tag, view
from app.text import t
from engine.catalog.records import CheckStep, VersionCheck
from engine.errors import Invalid
from engine.parameters.field_base import FieldBase
from engine.parameters.fields import describe, validate


def readme(found: Any) -> None:
    """The README that came with the model's folder, as markdown without its first heading."""
    text = (found.readme or "").strip()
    if text.startswith("# "):
        text = text.partition("\n")[2].strip()
    if text:
        with st.container(width=820):
            st.markdown(text, anchors=False)
    else:
        st.caption(t("model.no_readme"))


def rows_table(heads: list[str], rows: list[list[Any]], caption: str) -> Markup:
    """A small table of facts."""
    head = tag(
        "thead", tag("tr", join(tag("th", tag("span", h, cls="qd-plain"), scope="col") for h in heads))
    )
    body = tag(
        "tbody", join(tag("tr", join(tag("td", c, style="white-space:normal") for c in row)) for row in rows)
    )
    table = tag("table", tag("caption", caption, cls="qd-hidden") + head + body, cls="qd-table")
    return tag(
        "div",
        table,
        cls="qd-scroll",
        style="max-height:none",
        tabindex="0",
        role="region",
        aria_label=caption,
    )


def fields(manifest: Any) -> Markup:
    """Every field with its type, default and rules in words."""
    if not manifest.fields:
        return tag("p", t("model.no_fields"), cls="qd-muted")
    rows = []
    for name, field in manifest.fields.items():
        mark = badge(t("form.guarded"), "violet", "shield") if field.guarded else ""
        title = tag("strong", field.label(name)) + (" " + mark if mark else "")
        title += tag("div", field.help, cls="qd-small qd-muted")
        default = _default(field)
        rows.append([title, tag("code", name), _kind(field), field.unit or "", default])
    heads = [t(f"model.field.{name}") for name in ("title", "name", "kind", "unit", "default")]
    table = rows_table(heads, rows, t("model.fields"))
    if any(field.guarded for field in manifest.fields.values()):
        said = join([badge(t("form.guarded"), "violet", "shield"), " ", t("form.guarded.help")])
        table += tag("p", said, cls="qd-small qd-muted", style="margin-top:0.6rem")
    return table


def _kind(field: Any) -> str:
    return t(f"kind.{field.type}")


def _default(field: Any) -> str:
    if field.default is None:
        return "–"
    try:
        return describe(field, field.default)
    except (TypeError, ValueError, KeyError, AttributeError):
        return str(field.default)


def tables(manifest: Any) -> None:
    """What the model reads and what it gives."""
    if manifest.inputs:
        rows = [
            [
                tag("strong", spec.title or name),
                ", ".join(f"{c} ({k})" for c, k in spec.columns.items()),
                spec.dataset or "–",
            ]
            for name, spec in manifest.inputs.items()
        ]
        st.header(t("model.inputs"), anchor=False)
        heads = [t("model.input.title"), t("model.input.columns"), t("model.input.default")]
        view(rows_table(heads, rows, t("model.inputs")), key="model-inputs")
    if manifest.outputs:
        rows = [
            [tag("strong", spec.title or name), t(f"output.{spec.kind}"), spec.unit or "–"]
            for name, spec in manifest.outputs.items()
        ]
        st.header(t("model.outputs"), anchor=False)
        heads = [t("model.output.title"), t("model.output.kind"), t("model.output.unit")]
        view(rows_table(heads, rows, t("model.outputs")), key="model-outputs")


def golden(manifest: Any, last: VersionCheck | None, zone: str) -> None:
    """The cases that must keep passing, with what they expect and what the last check found."""
    if not manifest.golden:
        return
    found = {step.name: step for step in last.steps} if last else {}
    st.header(t("model.golden"), anchor=False)
    st.caption(t("model.golden.help"))
    rows = []
    for number, case in enumerate(manifest.golden, 1):
        given = _spoken(case.values, manifest.fields) or t("model.golden.defaults")
        expected = _spoken(case.expect, manifest.outputs)
        tolerance = "–" if case.tolerance is None else f"± {shown.number(case.tolerance)}"
        step = found.get(f"golden case {case.name or number}")
        rows.append([case.name or str(number), given, expected, tolerance, _outcome(step)])
    heads = [t(f"model.golden.{name}") for name in ("case", "given", "expected", "tolerance", "result")]
    view(rows_table(heads, rows, t("model.golden")), key="model-golden")
    if last is None:
        said = t("model.golden.never")
    else:
        said = t("model.golden.last", when=shown.exactly(last.at, zone), who=shown.person(last.checked_by))
        said += "".join(f" {step.name}: {step.sentence}" for step in last.steps if not step.ok)
    view(tag("p", said, cls="qd-muted qd-small"), key="model-golden-last")


def _spoken(values: Mapping[str, Any], declared: Mapping[str, Any]) -> str:
    """Values by the titles of their fields or outputs, as a person reads them: “Service level: 99 %”."""
    said = []
    for name, value in values.items():
        known = declared.get(name)
        if isinstance(known, FieldBase):
            title, text = known.label(name), _described(known, value)
        else:
            title = getattr(known, "title", "") or name.replace("_", " ").capitalize()
            text = shown.number(value) if isinstance(value, int | float) else str(value)
        said.append(f"{title}: {text}")
    return "; ".join(said)


def _described(field: FieldBase, value: Any) -> str:
    try:
        return describe(field, validate("", field, value))
    except Invalid:  # a relative date such as today is a value, but no day yet
        return str(value)


def _outcome(step: CheckStep | None) -> Markup | str:
    if step is None:
        return "–"
    return badge(t("model.golden.passed"), "green") if step.ok else badge(t("model.golden.failed"), "red")


def versions(found: Any, zone: str) -> Markup:
    """All versions, newest first, with the aliases that name them."""
    aliases: dict[int, list[str]] = {}
    for name, number in found.aliases.items():
        aliases.setdefault(number, []).append(name)
    rows = []
    for version in found.versions:
        marks = [
            badge(name, "green" if name == "live" else "violet") for name in aliases.get(version.number, [])
        ]
        number = link(
            t("version.long", number=version.number), "model", model=version.model, version=version.number
        )
        run = link(t("models.run"), "run-model", model=version.model, version=version.number)
        when = shown.exactly(version.created_at, zone)
        rows.append(
            [
                number,
                join(marks, " "),
                when,
                shown.person(version.created_by),
                tag("code", version.id[:10]),
                run,
            ]
        )
    heads = [t(f"model.version.{name}") for name in ("number", "alias", "when", "who", "id", "run")]
    return rows_table(heads, rows, t("model.versions"))


def history(found: Any, zone: str) -> Markup:
    """Which version each alias named, since when."""
    rows = [
        [badge(move.alias, "green" if move.alias == "live" else "violet"), t("version.short", number=move.version),
         shown.exactly(move.at, zone), shown.person(move.actor), move.reason or "–"]
        for move in found.history
    ]  # fmt: skip
    if not rows:
        return tag("p", "")
    heads = [t(f"model.alias.{name}") for name in ("alias", "version", "when", "who", "why")]
    heading = tag("h2", t("model.history"), style="margin:1.2rem 0 .6rem")
    return heading + rows_table(heads, rows, t("model.history"))
