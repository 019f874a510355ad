"""Several people share a server only where models are confined, or where somebody said that it may be so."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from auth.service import Auth, opened
from engine import doctor, isolation
from engine.access import LOCAL_ADMIN
from engine.engine import Engine
from engine.errors import Unavailable
from engine.settings import Settings
from engine.store.database import EventRow
from engine.store.tables_audit import AuditRow
from tests import signing_in


def without_sandbox(folder: Path, *, allowed: bool = False) -> Settings:
    return Settings(
        data_folder=folder / "data", sandbox="off", allow_unsandboxed=allowed, free_space_floor_mb=1
    )


def told(auth: Auth) -> list[str]:
    with auth.engine.database.read() as session:
        return [r.data for r in session.exec(select(EventRow).where(EventRow.name == "models-not-confined"))]


def test_a_second_person_is_not_added_where_models_are_not_confined(tmp_path: Path) -> None:
    auth = opened(without_sandbox(tmp_path))
    try:
        assert auth.accounts.make_first() is not None
        with pytest.raises(Unavailable, match="No second person can be added here: models are not confined"):
            auth.accounts.create(LOCAL_ADMIN, "ada")
        assert len(auth.accounts.list(LOCAL_ADMIN)) == 1
    finally:
        auth.engine.stop()


def test_nor_is_a_disabled_one_enabled(tmp_path: Path) -> None:
    auth = opened(without_sandbox(tmp_path))
    try:
        signing_in.person(auth, "one")
        two = signing_in.person(auth, "two")
        auth.accounts.disable(LOCAL_ADMIN, two)
        with pytest.raises(Unavailable, match="models are not confined"):
            auth.accounts.enable(LOCAL_ADMIN, two)
    finally:
        auth.engine.stop()


def test_a_server_with_several_people_does_not_start(tmp_path: Path) -> None:
    auth = opened(without_sandbox(tmp_path))
    try:
        signing_in.person(auth, "one")
        isolation.check_start(auth.engine)
        signing_in.person(auth, "two")
        with pytest.raises(
            Unavailable, match=r"does not start: 2 people .* QUARTERDECK_ALLOW_UNSANDBOXED=true"
        ):
            auth.engine.start()
        assert not auth.engine.is_server
        assert Engine(without_sandbox(tmp_path)).lock.held() is False
    finally:
        auth.engine.stop()


def test_allowed_it_starts_and_that_is_audited_and_shown(tmp_path: Path) -> None:
    auth = opened(without_sandbox(tmp_path, allowed=True))
    try:
        auth.accounts.make_first()
        auth.accounts.create(LOCAL_ADMIN, "ada")
        assert len(told(auth)) == 1
        isolation.check_start(auth.engine)
        assert ['"accounts": 2' in data for data in told(auth)] == [True, True]
        with auth.engine.database.read() as session:
            query = select(AuditRow).where(AuditRow.action == "models-not-confined")
            assert len(session.exec(query).all()) == 2
        finding = doctor.report(auth.settings)["sandbox"]
        assert (finding["ok"], finding["allowed"], finding["accounts"]) == (False, True, 2)
        assert "each model can read all data" in finding["value"]
    finally:
        auth.engine.stop()


def test_the_doctor_says_that_the_server_will_not_start(tmp_path: Path) -> None:
    auth = opened(without_sandbox(tmp_path))
    try:
        assert "no second person can be added" in doctor.report(auth.settings)["sandbox"]["remedy"]
        signing_in.person(auth, "one")
        signing_in.person(auth, "two")
        assert "the server does not start" in doctor.report(auth.settings)["sandbox"]["value"]
    finally:
        auth.engine.stop()
