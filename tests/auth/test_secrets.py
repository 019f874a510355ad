"""Stored secrets belong to a department, and to nobody else at any moment."""

from __future__ import annotations

import pytest

from auth.service import Auth
from engine.access import LOCAL_ADMIN
from engine.errors import NotFound
from tests.auth.making import person


def test_a_name_that_another_department_takes_meanwhile_is_not_overwritten(
    auth: Auth, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = (
        person(name, ("administrator", place)) for name, place in (("ada", "Marketing"), ("bob", "Sales"))
    )
    seal = auth.keys.seal

    def slowly(value: bytes | str, context: str) -> str:
        monkeypatch.undo()
        auth.secrets.set(bob, "shop", "the secret of Sales", department="Sales")
        return seal(value, context)

    monkeypatch.setattr(auth.keys, "seal", slowly)
    with pytest.raises(NotFound):
        auth.secrets.set(ada, "shop", "the secret of Marketing", department="Marketing")
    assert auth.secrets.get(LOCAL_ADMIN, "shop").department == "Sales"
    assert auth.secrets.reveal(LOCAL_ADMIN, "shop", department="Sales") == "the secret of Sales"
