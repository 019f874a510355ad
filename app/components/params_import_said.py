"""What a parameter file says beside a model's fields: questions to answer, and a table of all values."""

from __future__ import annotations

from typing import Any

import streamlit as st
from markupsafe import Markup

from app.components.page import note, plain
from app.components.params_import_state import Memory, say
from app.components.params_values import worded
from app.components.view import badge, join, tag, view
from app.state import actor, engine
from app.text import t
from engine.parameters.imports.records import FilePreview, Question
from engine.parameters.textfiles.matching import Line, Unknown

STATES = {
    "matched": ("green", "check_circle", "matched"), "out of range": ("red", "error", "range"),
    "ambiguous": ("orange", "help", "ambiguous"), "unreadable": ("red", "error", "unreadable"),
    "refused": ("gray", "block", "refused"),
}  # fmt: skip
MOST_UNKNOWN = 200
ANSWERS = {"scale": "scales", "currency": "currencies"}


def draw(memory: Memory, seen: FilePreview) -> None:
    """Questions, then every value; what is wrong comes first."""
    fields = engine().catalog.version(actor(), memory.model).manifest.fields
    _summary(seen)
    if seen.questions:
        _questions(memory, seen)
    if seen.withheld:
        heading = t("import.withheld", names=", ".join(seen.withheld))
        note(heading, t("import.withheld.body"), colour="orange", key=memory.key("withheld"))
    lines = sorted(seen.lines, key=lambda line: (line.state in ("matched", "refused"), line.line))
    if lines:
        pressed = view(_table(lines, fields), key=memory.key("lines"))
        _follow(memory, seen, pressed)
    else:
        st.info(t("import.values.none"), icon=":material/info:")
    left = [name for name, path in seen.answers.paths.items() if path is None]
    if left:
        _follow(memory, seen, view(_left(left, fields), key=memory.key("left")))
    if seen.unknown:
        _unknown(memory, seen, fields)
    if seen.missing:
        with st.expander(t("import.missing", count=len(seen.missing)), icon=":material/remove:"):
            names = [fields[missing.name].label(missing.name) for missing in seen.missing]
            view(tag("p", ", ".join(names)), key=memory.key("missing"))
    if seen.unknown and seen.missing:
        _by_hand(memory, seen, fields)


def _summary(seen: FilePreview) -> None:
    matched = sum(line.state == "matched" for line in seen.lines)
    marks = [badge(t("import.found", count=matched), "green" if matched else "gray", "check_circle")]
    if seen.blocking:
        marks.append(badge(t("import.blocking", count=len(seen.blocking)), "red", "error"))
    if opened := sum(question.open for question in seen.questions):
        marks.append(badge(t("import.asked.open", count=opened), "orange", "help"))
    if seen.unknown:
        marks.append(badge(t("import.unknown", count=len(seen.unknown))))
    view(tag("div", join(marks), cls="qd-line"), key="import-summary")


# ---- questions


def _questions(memory: Memory, seen: FilePreview) -> None:
    with st.container(border=True):
        st.markdown(f"**{t('import.asked')}**")
        st.caption(t("import.asked.body"))
        for question in seen.questions:
            _question(memory, seen, question)


def _question(memory: Memory, seen: FilePreview, question: Question) -> None:
    answers = [option.answer for option in question.options]
    labels = {option.answer: option.label for option in question.options}
    key = memory.key(f"q:{question.about}:{question.field}")
    st.radio(
        plain(question.sentence),
        answers,
        index=answers.index(question.answered) if question.answered in answers else None,
        key=key,
        format_func=lambda answer: plain(labels.get(answer) or str(answer)),
        on_change=_answer,
        args=(memory, seen, question, key),
    )


def _answer(memory: Memory, seen: FilePreview, question: Question, key: str) -> None:
    answer = st.session_state[key]
    about = ANSWERS.get(question.about, question.about)
    say(memory, seen.answers, **{about: {question.field: answer} if question.field else answer})


# ---- values


def _table(lines: list[Line], fields: Any) -> Markup:
    heads = [t(f"import.values.{name}") for name in ("field", "line", "text", "value", "remarks")]
    head = tag(
        "thead", tag("tr", join(tag("th", tag("span", h, cls="qd-plain"), scope="col") for h in heads))
    )
    rows = [_row(line, fields[line.name], heads) for line in lines]
    caption = tag("caption", t("import.values.caption"), cls="qd-hidden")
    made = tag("table", caption + head + tag("tbody", join(rows)), cls="qd-table qd-changes qd-import")
    return tag("div", made, cls="qd-scroll qd-tall")


def _row(line: Line, field: Any, heads: list[str]) -> Markup:
    colour, symbol, state = STATES[line.state]
    named = [tag("strong", field.label(line.name))]
    if line.path != line.name:
        named.append(tag("span", line.path, cls="qd-under"))
    said = [] if line.state == "matched" else [badge(t(f"import.state.{state}"), colour, symbol)]
    said += [tag("div", sentence) for sentence in _remarks(line)]
    if line.state not in ("matched", "refused"):
        said.append(_act(t("import.leave"), f"leave:{line.name}", about=field.label(line.name)))
    value = tag("strong", worded(field, line.value)) if line.state == "matched" else "–"
    cells = [
        tag("td", join(named), data_label=heads[0]),
        tag("td", str(line.line), cls="qd-number", data_label=heads[1]),
        tag("td", tag("code", _short(line.text)), data_label=heads[2]),
        tag("td", value, cls="qd-number", data_label=heads[3]),
        tag("td", join(said), cls="qd-small", data_label=heads[4]),
    ]
    return tag("tr", join(cells))


def _remarks(line: Line) -> list[str]:
    """What there is to say of a line; how it was read stands in a column of its own."""
    notes = [note for note in line.notes if not note.startswith("Read as ")]
    return [sentence for sentence in (line.sentence, *notes, *line.suggestions) if sentence]


def _act(label: str, name: str, *, about: str = "") -> Markup:
    said = f"{label}: {about}" if about else None
    return tag("button", label, type="button", cls="qd-link", data_act=name, aria_label=said)


def _left(names: list[str], fields: Any) -> Markup:
    parts = [
        join([badge(f"{fields[name].label(name) if name in fields else name}: {t('import.left')}"),
              _act(t("import.again"), f"again:{name}", about=name)], " ")
        for name in names
    ]  # fmt: skip
    return tag("div", join(parts, " "), cls="qd-line")


def _unknown(memory: Memory, seen: FilePreview, fields: Any) -> None:
    near = any(unknown.near for unknown in seen.unknown)
    title = t("import.unknown", count=len(seen.unknown))
    with st.expander(title, icon=":material/help:", expanded=near):
        rows = [_unknown_row(unknown, fields) for unknown in seen.unknown[:MOST_UNKNOWN]]
        if len(seen.unknown) > MOST_UNKNOWN:
            rows.append(
                tag("li", t("import.shown_more", count=len(seen.unknown) - MOST_UNKNOWN), cls="qd-row")
            )
        html = tag("ul", join(rows), cls="qd-list qd-two")
        _follow(memory, seen, view(html, key=memory.key("unknown")))


def _unknown_row(unknown: Unknown, fields: Any) -> Markup:
    where = f"{t('import.values.line')} {unknown.line} · {_short(unknown.text)}"
    title = tag("span", join([unknown.path, tag("span", where, cls="qd-under")]), cls="qd-title")
    offers = [
        _act(t("import.take", field=fields[name].label(name)), f"take:{name}:{unknown.path}")
        for name in unknown.near
    ]
    return tag("li", join([title, tag("span", join(offers, " "), cls="qd-cell qd-end")]), cls="qd-row")


def _by_hand(memory: Memory, seen: FilePreview, fields: Any) -> None:
    with st.expander(t("import.paths"), icon=":material/link:"):
        grid = st.grid(2, min_column_width=260, gap="medium")
        field = grid.selectbox(
            t("import.paths.field"),
            [missing.name for missing in seen.missing],
            index=None,
            key=memory.key("hand-field"),
            format_func=lambda name: fields[name].label(name) if name in fields else name,
            placeholder=t("import.paths.choose"),
        )
        path = grid.selectbox(
            t("import.paths.path"),
            [unknown.path for unknown in seen.unknown],
            index=None,
            key=memory.key("hand-path"),
            placeholder=t("import.paths.choose"),
        )
        if st.button(t("import.paths.use"), key=memory.key("hand"), disabled=not (field and path)):
            say(memory, seen.answers, paths={field: path})
            st.rerun()


def _follow(memory: Memory, seen: FilePreview, pressed: str | None) -> None:
    """Do what a button in the tables says."""
    if not pressed:
        return
    word, _, rest = pressed.partition(":")
    name, _, path = rest.partition(":")
    if word == "again":
        paths = {one: where for one, where in seen.answers.paths.items() if one != name}
        said = {**seen.answers.as_json(), "paths": paths}
        memory.said = None
        say(memory, type(seen.answers)(**said))
    else:
        say(memory, seen.answers, paths={name: path if word == "take" else None})
    st.rerun()


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 120 else flat[:119] + "…"
