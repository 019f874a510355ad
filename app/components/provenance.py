"""What made a result: model version, values, data, seed, environment. Enough to run it again."""

from __future__ import annotations

from functools import partial
from typing import Any

from markupsafe import Markup

from app.components import run_set, shown
from app.components.run_set import Origin
from app.components.view import badge, facts, join, link, tag
from app.text import t
from engine.parameters import fields
from engine.runs.records import RunRecord


def summary(run: RunRecord, zone: str, manifest: Any = None, origin: Origin | None = None) -> Markup:
    """The facts that matter first. ``origin`` is the parameter set that values came from."""
    pairs: list[tuple[str, Any]] = [
        (t("run.fact.model"), link(run.model_title or run.model, "model", model=run.model)),
        (t("run.fact.version"), t("version.short", number=run.version)),
        (t("run.fact.by"), shown.person(run.submitted_by)),
        (t("run.fact.submitted"), shown.exactly(run.submitted_at, zone)),
    ]
    if run.seconds is not None:
        pairs.append((t("run.fact.took"), shown.duration(run.seconds)))
    if run.reused_from:
        pairs.append((t("run.fact.reused"), link(run.reused_from, "run", run=run.reused_from)))
    if run.again_of:
        pairs.append((t("run.fact.again"), link(run.again_of, "run", run=run.again_of)))
    if run.attempt > 1:
        pairs.append((t("run.fact.attempt"), run.attempt))
    if origin is not None:
        pairs.append((t("run.set"), run_set.fact(run, origin, manifest)))
    return facts(pairs, inline=True)


def values(run: RunRecord, manifest: Any, origin: Origin | None = None) -> Markup:
    """Every value that the model got, with its title and unit; marked where it is not as in the parameter set."""
    pairs: list[tuple[str, Any]] = []
    names = [n for n in manifest.fields if n in run.values] if manifest else list(run.values)
    for name in names:
        value, field = run.values[name], manifest.fields.get(name) if manifest else None
        text: Any = shown_value(field, value)
        told = run_set.otherwise(origin, name, partial(shown_value, field))
        if told:
            text = tag("div", text) + badge(told, "orange", "edit")
        pairs.append((field.label(name) if field else name, text))
    return facts(pairs) if pairs else tag("p", t("run.no_values"), cls="qd-muted")


def shown_value(field: Any, value: Any) -> str:
    """A value for people: with its unit, choices by their labels, tables by their size."""
    if value is None:
        return "–"
    if field is None or (isinstance(value, dict) and field.type in ("table", "file")):
        if isinstance(value, dict) and "rows" in value:
            return t("form.table.rows", count=len(value["rows"]))
        return str(value.get("name", value)) if isinstance(value, dict) else str(value)
    if field.type == "boolean":
        return t("yes") if value else t("no")
    text = fields.format_text(field, value)
    labels = {c.value: c.shown for c in getattr(field, "choices", [])}
    if isinstance(value, list):
        text = ", ".join(labels.get(str(v), str(v)) for v in value)
    text = labels.get(value, text) if isinstance(value, str) else text
    if not text:
        return "–"
    return f"{text} {field.unit}" if field.unit else text


def inputs(run: RunRecord, manifest: Any = None) -> Markup:
    """Which data were read, by version and content."""
    pairs = []
    declared = manifest.inputs if manifest else {}
    for used in run.inputs:
        name = link(
            f"{used.dataset} · {t('version.short', number=used.version)}",
            "datasets",
            dataset=used.dataset,
            version=used.version,
        )
        rows = (
            t("datasets.rows", count=used.rows, shown=shown.number(used.rows))
            if used.rows is not None
            else ""
        )
        title = getattr(declared.get(used.name), "title", "") or used.name
        pairs.append((title, join([name, tag("span", f" {rows}", cls="qd-muted qd-small")])))
    return facts(pairs) if pairs else tag("p", t("run.no_inputs"), cls="qd-muted")


def environment(run: RunRecord, zone: str) -> Markup:
    """Where it ran, and how long it is kept."""
    pairs: list[tuple[str, Any]] = [
        (t("run.fact.seed"), str(run.seed) if run.seed is not None else t("run.no_seed")),
        (t("run.fact.environment"), tag("code", run.environment_id[:16] or "–")),
        (t("run.fact.attempt"), run.attempt),
        (t("run.fact.today"), run.today),
        (t("run.fact.memory"), shown.size(run.peak_memory)),
        (t("run.fact.model_seconds"), shown.duration(run.model_seconds)),
        (t("run.fact.kept"), shown.exactly(run.retain_until, zone)),
        (t("run.fact.id"), tag("code", run.id)),
    ]
    simple = {k: v for k, v in run.environment.items() if isinstance(v, str | int | float)}
    pairs += [(name.replace("_", " "), str(value)) for name, value in simple.items()]
    packages = run.environment.get("packages")
    if isinstance(packages, dict) and packages:
        pairs.append(
            (
                t("run.fact.packages"),
                ", ".join(f"{name} {version}" for name, version in sorted(packages.items())),
            )
        )
    return facts(pairs)
