"""Secrets of runs: a model gets the value, nothing else does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auth.service import Auth, opened
from engine.access import Actor
from engine.engine import Engine
from engine.errors import Invalid, QuarterdeckError
from engine.runs.hiding import HIDDEN
from engine.settings import Settings
from tests.auth.making import person

PASSWORD = "Zw1eback&Käse/2026"
KEY = "weather-key-0123456789"


@pytest.fixture
def auth(settings: Settings, actor: Actor, tiny: Path) -> Iterator[Auth]:
    """A server that executes, with two secrets of the model's department."""
    made = opened(settings)
    made.engine.start()
    made.engine.catalog.register(actor, tiny / "secret", promote=True)
    made.secrets.set(actor, "shop", PASSWORD, department="Testing", description="The shop's database")
    made.secrets.set(actor, "api_key", KEY, department="Testing")
    yield made
    made.engine.stop()


def run(engine: Engine, actor: Actor, how: str, **values: Any) -> Any:
    given = {"password": "shop", "how": how, **values}
    record = engine.runs.submit(actor, "tiny-secret", values=given)
    return engine.runs.wait(record.id, 60)


def outputs(engine: Engine, actor: Actor, run_id: str) -> dict[str, Any]:
    return {output.name: output.value for output in engine.runs.outputs(actor, run_id)}


def test_a_model_gets_the_value_and_the_run_keeps_the_name(auth: Auth, actor: Actor) -> None:
    done = run(auth.engine, actor, "length")
    assert done.state == "succeeded", done.error
    assert outputs(auth.engine, actor, done.id)["length"] == len(PASSWORD)
    assert done.values["password"] == {"secret": "shop"}
    assert PASSWORD not in json.dumps(auth.engine.runs.provenance(actor, done.id), default=str)


def test_a_secret_of_the_manifest_is_given_without_being_chosen(auth: Auth, actor: Actor) -> None:
    done = run(auth.engine, actor, "length", password=None)
    assert outputs(auth.engine, actor, done.id)["length"] == len(KEY)


@pytest.mark.parametrize("how", ["print", "pieces", "raise", "warn", "say"])
def test_the_value_is_hidden_in_whatever_the_model_tells(auth: Auth, actor: Actor, how: str) -> None:
    done = run(auth.engine, actor, how)
    log, _ = auth.engine.runs.log(actor, done.id)
    told = repr((log, done.error, done.warnings, outputs(auth.engine, actor, done.id)))
    assert PASSWORD not in told
    assert json.dumps(PASSWORD)[1:-1] not in told
    assert HIDDEN in told


def test_the_workers_environment_holds_no_value(auth: Auth, actor: Actor) -> None:
    done = run(auth.engine, actor, "environment")
    log, _ = auth.engine.runs.log(actor, done.id)
    assert "False" in log
    assert "MASTER_KEY" not in log


def test_a_real_time_call_gets_and_hides_it_as_well(auth: Auth, actor: Actor) -> None:
    answer = auth.engine.runs.predict(actor, "tiny-secret", values={"password": "shop", "how": "say"})
    assert answer["outputs"]["length"] == len(PASSWORD)
    assert answer["outputs"]["said"] == f"I was given {HIDDEN}"
    with pytest.raises(QuarterdeckError) as failure:
        auth.engine.runs.predict(actor, "tiny-secret", values={"password": "shop", "how": "raise"})
    assert PASSWORD not in failure.value.sentence


def test_a_worker_that_saw_one_secret_is_not_used_with_another(auth: Auth, actor: Actor) -> None:
    auth.secrets.set(actor, "other", "another-value", department="Testing")
    run(auth.engine, actor, "length")
    done = run(auth.engine, actor, "seen", password="other")
    assert "times: 1" in auth.engine.runs.log(actor, done.id)[0]


def test_an_equal_result_is_shown_again_until_the_secret_changes(auth: Auth, actor: Actor) -> None:
    first = run(auth.engine, actor, "length")
    assert run(auth.engine, actor, "length").reused_from == first.id
    auth.secrets.set(actor, "shop", PASSWORD + "!", department="Testing")
    assert run(auth.engine, actor, "length").reused_from is None


def test_who_may_not_use_the_secret_is_told_at_the_form(auth: Auth) -> None:
    viewer = person("vera", ("viewer", "Testing"), ("analyst", "Marketing"))
    with pytest.raises(QuarterdeckError):
        auth.engine.runs.submit(viewer, "tiny-secret", values={"password": "shop"})


def test_a_secret_of_another_department_is_none_of_the_models(auth: Auth, actor: Actor) -> None:
    auth.secrets.set(actor, "theirs", "value-of-marketing", department="Marketing")
    with pytest.raises(Invalid, match="Marketing") as failure:
        auth.engine.runs.submit(actor, "tiny-secret", values={"password": "theirs"})
    assert [problem.where for problem in failure.value.problems] == ["password"]


def test_a_missing_secret_of_the_manifest_is_named(auth: Auth, actor: Actor) -> None:
    auth.secrets.remove(actor, "api_key", "no longer needed")
    with pytest.raises(Invalid, match="Key of the weather service") as failure:
        auth.engine.runs.submit(actor, "tiny-secret", values={"password": "shop"})
    assert [problem.where for problem in failure.value.problems] == ["api_key"]


def test_each_use_is_audited(auth: Auth, actor: Actor) -> None:
    from sqlmodel import select

    from engine.store.tables_audit import AuditRow

    done = run(auth.engine, actor, "length")
    with auth.engine.database.read() as session:
        used = session.exec(select(AuditRow).where(AuditRow.action == "secret-used")).all()
    assert {(row.object_id, row.actor) for row in used} == {("shop", actor.id), ("api_key", actor.id)}
    assert all(done.id in row.details for row in used)


def test_golden_cases_are_run_with_the_secrets_of_who_checks(auth: Auth, actor: Actor, tiny: Path) -> None:
    assert auth.engine.catalog.check(actor, tiny / "secret").ok
    stranger = person("mo", ("modeller", "Marketing"))
    report = auth.engine.catalog.check(stranger, tiny / "secret")
    assert [step.ok for step in report.steps] == [True, True, True, False]


def test_a_secret_in_a_command_line_is_refused_at_registration(tmp_path: Path) -> None:
    from engine.catalog.manifest import load_manifest

    (tmp_path / "work.py").write_text("print(1)\n")
    (tmp_path / "model.toml").write_text(
        'manifest = 1\n[model]\nname = "m"\ntitle = "M"\ndepartment = "D"\nlanguage = "python"\n'
        'command = "python work.py"\nsummary = "S."\n[fields.password]\ntype = "secret"\n'
        '[script]\narguments = ["--password={password}"]\n'
    )
    with pytest.raises(Invalid, match="command line"):
        load_manifest(tmp_path)
