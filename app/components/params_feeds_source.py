"""The part of a feed's form that says where its values come from: one small form for each kind of source."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components.page import plain
from app.components.params_values import place_name
from app.state import actor, engine
from app.text import t
from engine.errors import QuarterdeckError
from engine.parameters.feeds.sources import KINDS
from engine.parameters.feeds.values import NUMERIC

NONE = ""
SQL_HEIGHT = 130


def draw(model: str, name: str, field: Any) -> dict[str, Any]:
    """The source as it stands in the widgets."""
    settings = engine().settings
    kinds = [
        kind
        for kind in ("dataset", "sql", "metric", "file", "url")
        if not (kind == "file" and settings.feed_folder is None)
        and not (kind == "url" and not settings.feed_hosts)
    ]
    known = st.session_state.get("feed:kind")
    if known and known not in kinds:  # of a feed that was made when the settings allowed it
        kinds.append(known)
    kind = st.segmented_control(
        t("feeds.form.kind"), kinds, default=kinds[0] if not known else None, required=True, key="feed:kind",
        format_func=lambda one: t(f"feeds.kind.{one}"),
    )  # fmt: skip
    kind = kind or kinds[0]
    st.caption(t(f"feeds.kind.{kind}.help"))
    source = {"kind": kind, **_FORMS[kind](model, name, field)}
    if isinstance(field, NUMERIC):
        source["factor"] = st.text_input(
            t("feeds.form.factor"), key="feed:factor", help=t("feeds.form.factor.help"), width=260
        ).strip()
    kept = ("prefix",)  # nothing before a secret is something else than what is usual
    return {part: value for part, value in source.items() if value not in (None, "") or part in kept}


def fill(source: dict[str, Any]) -> None:
    """Put a source into the widgets."""
    fields = KINDS[source["kind"]].model_fields
    for part, about in fields.items():
        value = source.get(part, "" if about.is_required() else about.default)
        st.session_state[f"feed:{part}"] = value
    if source["kind"] == "metric":  # the feed's own place is another one
        st.session_state["feed:place_of_runs"] = st.session_state.pop("feed:place")
    for part in ("column", "where", "newest_by", "observed", "set", "secret"):
        if source["kind"] in ("dataset", "metric", "url") and f"feed:{part}" in st.session_state:
            st.session_state[f"feed:{part}"] = source.get(part, NONE)


def _sql(_model: str, _name: str, _field: Any) -> dict[str, Any]:
    names = [one.name for one in engine().datasets.list(actor())]
    kept = [one for one in st.session_state.get("feed:datasets", []) if one not in names]
    datasets = st.multiselect(t("feeds.form.datasets"), [*names, *kept], key="feed:datasets")
    sql = st.text_area(t("feeds.form.sql"), key="feed:sql", height=SQL_HEIGHT, help=t("feeds.form.sql.help"))
    return {"sql": sql.strip(), "datasets": datasets}


def _dataset(_model: str, _name: str, field: Any) -> dict[str, Any]:
    titles = {one.name: one.title for one in engine().datasets.list(actor())}
    known = st.session_state.get("feed:dataset")
    if known and known not in titles:  # of a feed whose dataset this person may not see
        titles[known] = ""
    if not titles:
        st.caption(t("feeds.form.no_datasets"))
        return {}
    dataset = st.selectbox(
        t("feeds.form.dataset"), list(titles), key="feed:dataset",
        format_func=lambda one: f"{titles[one]} ({one})" if titles[one] and titles[one] != one else one,
    )  # fmt: skip
    if dataset is None:
        return {}
    try:
        schema = engine().datasets.version(actor(), dataset).schema
    except QuarterdeckError as error:
        st.caption(plain(error.sentence))
        return {"dataset": dataset, "column": st.session_state.get("feed:column")}
    types = {column.name: column.type for column in schema if not column.masked}
    columns = list(types)
    _only("feed:column", columns)
    for part in ("where", "newest_by", "observed"):
        _only(f"feed:{part}", [NONE, *columns])
    grid = st.grid(2, min_column_width=280)
    numbers = [at for at, column in enumerate(columns) if types[column] in ("number", "integer")]
    likely = numbers[0] if numbers and isinstance(field, NUMERIC) else 0
    column = grid.selectbox(
        t("feeds.form.column"),
        columns,
        key="feed:column",
        index=None if "feed:column" in st.session_state else likely,
    )
    made = {"dataset": dataset, "column": column}
    made["newest_by"] = _optional(grid, "newest_by", columns, t("feeds.form.last_row"))
    made["where"] = _optional(grid, "where", columns, t("feeds.form.every_row"))
    if made["where"]:
        made["equals"] = grid.text_input(t("feeds.form.equals"), key="feed:equals")
    made["observed"] = _optional(grid, "observed", columns, t("feeds.form.version_day"))
    return made


def _optional(grid: Any, part: str, columns: list[str], nothing: str) -> str:
    chosen = grid.selectbox(
        t(f"feeds.form.{part}"), [NONE, *columns], key=f"feed:{part}", help=t(f"feeds.form.{part}.help"),
        format_func=lambda one: one or nothing,
    )  # fmt: skip
    return str(chosen or NONE)


def _only(key: str, options: list[str]) -> None:
    """Forget a choice that another dataset or model does not have."""
    if key in st.session_state and st.session_state[key] not in options:
        del st.session_state[key]


def _file(_model: str, _name: str, _field: Any) -> dict[str, Any]:
    path = st.text_input(t("feeds.form.path"), key="feed:path", help=t("feeds.form.path.help"))
    return {"path": path.strip(), **_picked()}


def _url(model: str, name: str, _field: Any) -> dict[str, Any]:
    url = st.text_input(
        t("feeds.form.url"),
        key="feed:url",
        help=plain(t("feeds.form.url.help", hosts=engine().settings.feed_hosts)),
    )
    made: dict[str, Any] = {"url": url.strip()}
    department = engine().sets.resource(actor(), model, name).department
    secrets = engine().secrets
    offered = dict(secrets.offered(actor(), department)) if secrets is not None else {}
    known = st.session_state.get("feed:secret")
    names = [NONE, *offered, *([known] if known and known not in offered else [])]
    grid = st.grid(3, min_column_width=220)
    made["secret"] = grid.selectbox(
        t("feeds.form.secret"),
        names,
        key="feed:secret",
        format_func=lambda one: one or t("feeds.form.no_secret"),
    )
    if made["secret"]:
        st.session_state.setdefault("feed:header", "Authorization")
        st.session_state.setdefault("feed:prefix", "Bearer ")
        made["header"] = grid.text_input(t("feeds.form.header"), key="feed:header").strip()
        made["prefix"] = grid.text_input(t("feeds.form.prefix"), key="feed:prefix")
    return {**made, **_picked()}


def _picked() -> dict[str, Any]:
    grid = st.grid(2, min_column_width=280)
    form = grid.selectbox(
        t("feeds.form.format"), ["json", "csv"], key="feed:format", format_func=lambda one: one.upper()
    )
    made: dict[str, Any] = {"format": form}
    made["value"] = grid.text_input(t(f"feeds.form.value.{form}"), key="feed:value").strip()
    made["observed"] = grid.text_input(t(f"feeds.form.day.{form}"), key="feed:observed").strip()
    if form == "csv":
        made["where"] = grid.text_input(t("feeds.form.where"), key="feed:where").strip()
        if made["where"]:
            made["equals"] = grid.text_input(t("feeds.form.equals"), key="feed:equals")
        made["row"] = grid.selectbox(
            t("feeds.form.row"),
            ["last", "first"],
            key="feed:row",
            format_func=lambda one: t(f"feeds.form.row.{one}"),
        )
    signs = {"": t("feeds.form.decimal.clear"), ".": "1234.5", ",": "1234,5"}
    made["decimal"] = grid.selectbox(
        t("feeds.form.decimal"), list(signs), key="feed:decimal", format_func=lambda one: signs[one]
    )
    return made


def _metric(_model: str, _name: str, _field: Any) -> dict[str, Any]:
    cards = {one.name: one.title for one in engine().catalog.list(actor())}
    known = st.session_state.get("feed:model")
    if known and known not in cards:  # of a feed whose model this person may not see
        cards[known] = ""
    model = st.selectbox(
        t("feeds.form.model"), list(cards), key="feed:model", format_func=lambda one: cards[one] or one
    )
    if model is None:
        return {}
    try:
        outputs = engine().catalog.version(actor(), model).manifest.outputs
    except QuarterdeckError as error:
        st.caption(plain(error.sentence))
        return {"model": model}
    metrics = {name: one.title or name for name, one in outputs.items() if one.kind == "metric"}
    sets = [one.name for one in engine().sets.list(actor(), model) if not one.name.startswith("~")]
    _only("feed:output", list(metrics))
    _only("feed:set", [NONE, *sets])
    if not metrics:
        st.caption(t("feeds.form.no_metrics"))
        return {"model": model}
    grid = st.grid(2, min_column_width=280)
    made = {
        "model": model,
        "output": grid.selectbox(
            t("feeds.form.output"), list(metrics), key="feed:output", format_func=lambda one: metrics[one]
        ),
        "set": grid.selectbox(
            t("feeds.form.set"), [NONE, *sets], key="feed:set", help=t("feeds.form.set.help"),
            format_func=lambda one: one or t("feeds.form.any_run"),
        ),
    }  # fmt: skip
    titles = (
        {one.place: one.title for one in engine().sets.places(actor(), model, made["set"])}
        if made["set"]
        else {}
    )
    _only("feed:place_of_runs", [NONE, *titles])
    if titles:
        made["place"] = grid.selectbox(
            t("feeds.form.runs_at"), [NONE, *titles], key="feed:place_of_runs",
            format_func=lambda one: place_name(one, titles),
        )  # fmt: skip
    return made


_FORMS: dict[str, Any] = {"sql": _sql, "dataset": _dataset, "file": _file, "url": _url, "metric": _metric}
