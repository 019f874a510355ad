"""What the edit page of a parameter set makes of what is typed, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from app import state
from app.components import params_edit_draft, params_edit_end, params_edit_merge
from app.components import params_edit_state as kept
from app.components.form_state import FormModel
from app.components.params_edit_beside import warning
from app.components.params_edit_state import Memory
from auth.service import Auth, opened
from engine.access import LOCAL_ADMIN
from engine.settings import ROOT, Settings

MODEL, SET = "every-field", "plan"


@pytest.fixture
def auth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Auth]:
    made = opened(Settings(data_folder=tmp_path / "data", home=tmp_path))
    made.engine.catalog.register(LOCAL_ADMIN, ROOT / "tests" / "e2e" / "models" / MODEL, promote=True)
    made.engine.sets.create(LOCAL_ADMIN, MODEL, SET, "Plan")
    made.engine.sets.set_place(LOCAL_ADMIN, MODEL, SET, "DE")
    monkeypatch.setattr(st, "session_state", {})
    state.attach(made)
    with state.acting(LOCAL_ADMIN):
        yield made
    state.detach(made)
    made.engine.stop()


def opened_at(auth: Auth, place: str = "", day: Any = None) -> Memory:
    """The page as it is opened: what is in force at the place."""
    sets = auth.engine.sets
    loaded = auth.engine.catalog.version(LOCAL_ADMIN, MODEL)
    form = FormModel(loaded.id, loaded.model, loaded.number, loaded.manifest, f"edit-{place}")
    about = sets.editing(LOCAL_ADMIN, MODEL, SET, place, day)
    memory = kept.memory_of(form, about)
    if not memory.raws:
        kept.fill(memory, {n: v for n, v in about.held.values.items() if about.held.origin[n] == place}, {})
        memory.base = about.newest.number if about.newest else None
    return memory


def submit(auth: Auth, values: dict[str, Any], **more: Any) -> Any:
    return auth.engine.sets.submit(LOCAL_ADMIN, MODEL, SET, values, reason="For the test.", **more)


def typed(memory: Memory, name: str, raw: Any) -> None:
    st.session_state[memory.form.key(name)] = raw
    kept.look(memory, [name])


def changed(memory: Memory) -> list[str]:
    return [one.field for one in params_edit_end.changes(memory)]


def test_an_untouched_page_changes_nothing(auth: Auth) -> None:
    submit(auth, {"horizon": 20, "channels": [], "notes": None})
    memory = opened_at(auth)
    kept.look(memory)
    assert changed(memory) == []
    assert memory.here == {"horizon", "channels", "notes"}
    assert kept.values_here(memory) == ({"horizon": 20, "channels": [], "notes": None}, [])


def test_typing_sets_a_field_here_and_typing_it_back_lets_it_inherit(auth: Auth) -> None:
    submit(auth, {"horizon": 20})
    memory = opened_at(auth, "DE")
    typed(memory, "horizon", "8")
    assert (memory.here, changed(memory)) == ({"horizon"}, ["horizon"])
    typed(memory, "horizon", "20")
    assert (memory.here, changed(memory)) == (set(), [])


def test_a_field_set_here_to_what_it_inherits_is_a_change(auth: Auth) -> None:
    submit(auth, {"horizon": 20})
    memory = opened_at(auth, "DE")
    memory.here.add("horizon")
    (line,) = params_edit_end.changes(memory)
    assert (line.before, line.before_from, line.after, line.after_from) == (20, "", 20, "DE")
    kept.inherit(memory, "horizon")
    assert changed(memory) == []


def test_what_cannot_be_read_is_a_problem_and_no_change(auth: Auth) -> None:
    memory = opened_at(auth)
    typed(memory, "horizon", "99")
    typed(memory, "budget", "2000")
    assert changed(memory) == ["budget"]
    assert [p.where for p in kept.problems(memory)] == ["horizon"]


def test_a_rule_across_fields_counts_what_is_inherited(auth: Auth) -> None:
    submit(auth, {"price": 2.0})
    memory = opened_at(auth, "DE")
    typed(memory, "floor", "3")
    (problem,) = kept.problems(memory)
    assert "must not be above the list price" in problem.sentence


def test_a_draft_brings_back_every_kind_of_field_right_or_wrong(auth: Auth) -> None:
    submit(auth, {"horizon": 20})
    memory = opened_at(auth)
    given = {
        "budget": "2,000", "horizon": "ninety", "growth": "1.234,5", "region": "s", "channels": ["phone"],
        "start": "today-7d", "quarter": "2027-Q1", "lead": "2 h", "promotion": True, "targets": "1; 2",
        "weights": {"columns": [{"name": "product", "type": "text"}, {"name": "weight", "type": "number"}],
                    "rows": [["tea", 0.1]]},
    }  # fmt: skip
    memory.kept = params_edit_draft.state_now(memory)
    for name, raw in given.items():
        typed(memory, name, raw)
    st.session_state[memory.form.key(kept.REASON)] = "Half a sent"
    params_edit_draft.keep(memory)
    st.session_state.clear()
    again = opened_at(auth)
    params_edit_draft.restore(again, auth.engine.sets.draft(LOCAL_ADMIN, MODEL, SET))
    assert {name: kept.raw_now(again, name) for name in given} == given
    assert st.session_state[again.form.key(kept.REASON)] == "Half a sent"
    assert again.base == 1
    assert kept.values_here(again)[0] == kept.values_here(memory)[0]


def test_a_value_from_a_file_keeps_its_source_until_it_is_retyped(auth: Auth) -> None:
    sources = {"horizon": "xlsx:plan.xlsx"}
    auth.engine.sets.save_draft(LOCAL_ADMIN, MODEL, SET, {"horizon": "21"}, sources=sources)
    memory = opened_at(auth)
    params_edit_draft.restore(memory, auth.engine.sets.draft(LOCAL_ADMIN, MODEL, SET))
    kept.look(memory)
    assert params_edit_end.changes(memory)[0].source == "xlsx:plan.xlsx"
    typed(memory, "horizon", "22")
    assert memory.sources == {}


def test_untouched_fields_follow_the_day_and_touched_ones_stay(auth: Auth) -> None:
    later = auth.engine.sets.today() + timedelta(days=60)
    submit(auth, {"horizon": 20, "price": 2.0})
    submit(auth, {"horizon": 30, "price": 3.0}, base=1, effective_from=later)
    memory = opened_at(auth)
    typed(memory, "price", "2.5")
    memory = opened_at(auth, day=later)
    assert (kept.raw_now(memory, "horizon"), kept.raw_now(memory, "price")) == ("30", "2.5")
    assert changed(memory) == ["price"]


def test_what_is_inherited_follows_a_change_above(auth: Auth) -> None:
    submit(auth, {"horizon": 20})
    memory = opened_at(auth, "DE")
    submit(auth, {"horizon": 25}, base=1)
    memory = opened_at(auth, "DE")
    kept.follow(memory)
    kept.look(memory)
    assert kept.raw_now(memory, "horizon") == "25"
    assert changed(memory) == []


def test_bringing_both_together_loses_nothing(auth: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "rerun", lambda *_: None)
    submit(auth, {"horizon": 20, "price": 2.0, "floor": 1.0})
    memory = opened_at(auth)
    typed(memory, "horizon", "21")
    typed(memory, "budget", "much")  # not readable yet: stays as it is typed
    theirs = submit(auth, {"horizon": 22, "floor": 1.5}, base=1)  # the price inherits again
    memory = opened_at(auth)
    merge = params_edit_merge.merged(memory, memory.about.newest)
    assert merge.conflicts == ("horizon",)
    st.session_state[f"{memory.form.key('horizon')}-merge"] = params_edit_merge.YOURS
    params_edit_merge._take(memory, merge, theirs.number)
    kept.look(memory)
    values, problems = kept.values_here(memory)
    assert values == {"horizon": 21, "floor": 1.5}
    assert [p.where for p in problems] == ["budget"]
    assert memory.base == theirs.number


def test_another_currency_than_the_places_is_told(auth: Auth) -> None:
    auth.engine.sets.set_place(LOCAL_ADMIN, MODEL, SET, "CH", "Switzerland", "CHF")
    memory = opened_at(auth, "CH")
    typed(memory, "budget", "2000 EUR")
    assert warning(memory, "budget") == "CH uses CHF, this is EUR."


def test_what_is_as_it_was_at_first_is_no_draft(auth: Auth) -> None:
    submit(auth, {"horizon": 20})
    memory = opened_at(auth)
    memory.kept = memory.initial = params_edit_draft.state_now(memory)
    typed(memory, "horizon", "21")
    params_edit_draft.keep(memory)
    assert auth.engine.sets.draft(LOCAL_ADMIN, MODEL, SET)["values"] == {"horizon": "21"}
    typed(memory, "horizon", "20")
    params_edit_draft.keep(memory)
    assert auth.engine.sets.draft(LOCAL_ADMIN, MODEL, SET) == {}


@pytest.mark.parametrize("back", [False, True], ids=["typed", "typed back"])
def test_two_windows_of_one_person_keep_what_was_typed_in_either(
    auth: Auth, monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    submit(auth, {"horizon": 20})
    windows: list[tuple[dict[str, Any], Memory]] = []
    for _ in range(2):
        monkeypatch.setattr(st, "session_state", {})
        memory = opened_at(auth)
        memory.kept = memory.initial = params_edit_draft.state_now(memory)
        windows.append((st.session_state, memory))  # type: ignore[arg-type]

    def type_in(window: int, name: str, raw: str) -> None:
        session, memory = windows[window]
        monkeypatch.setattr(st, "session_state", session)
        typed(memory, name, raw)
        params_edit_draft.keep(memory)

    type_in(0, "horizon", "21")
    type_in(1, "budget", "much")
    type_in(1, "horizon", "22")
    if back:
        type_in(1, "horizon", "20")
    held = auth.engine.sets.draft(LOCAL_ADMIN, MODEL, SET)["values"]
    assert held == {"horizon": "20" if back else "22", "budget": "much"}
    type_in(0, "price", "2")
    held = auth.engine.sets.draft(LOCAL_ADMIN, MODEL, SET)["values"]
    assert held == {"horizon": "20" if back else "22", "budget": "much", "price": "2"}
