"""Sharing single objects, and departments that are renamed with all that names them."""

from __future__ import annotations

from typing import Any

import pytest

from auth.service import Auth
from engine.access import LOCAL_ADMIN, Actor, Grant, Share
from engine.errors import Conflict, Invalid, NotFound, Refused
from engine.settings import Settings
from tests.conftest import TINY

MODEL = "tiny-sum"


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    return Settings(data_folder=tmp_path / "data", free_space_floor_mb=1, allow_unsandboxed=True)


@pytest.fixture
def company(auth: Auth) -> Auth:
    """A model of the department Testing, and a department beside it."""
    auth.engine.catalog.register(LOCAL_ADMIN, TINY / "sum")
    auth.accounts.add_department(LOCAL_ADMIN, "Marketing")
    return auth


def add(auth: Auth, name: str, *grants: Grant) -> Actor:
    person, _ = auth.accounts.create(LOCAL_ADMIN, name, grants=grants, invite=False)
    return auth.accounts.actor_of(person.id)


def again(auth: Auth, who: Actor) -> Actor:
    return auth.accounts.actor_of(who.id)


def test_a_share_opens_one_object_and_closes_again(company: Auth) -> None:
    ada = add(company, "ada")
    with pytest.raises(NotFound):
        company.engine.catalog.get(ada, MODEL)
    shared = company.sharing.share(LOCAL_ADMIN, "model", MODEL, f"person:{ada.id}", "viewer")
    assert shared.shown == "ada"
    assert again(company, ada).shares == {Share("model", MODEL, "viewer")}
    assert company.engine.catalog.get(again(company, ada), MODEL)
    with pytest.raises(Refused, match=r"run\.create"):
        company.engine.runs.submit(again(company, ada), MODEL)
    company.sharing.unshare(LOCAL_ADMIN, "model", MODEL, f"person:{ada.id}", "viewer")
    with pytest.raises(NotFound):
        company.engine.catalog.get(again(company, ada), MODEL)
    with pytest.raises(NotFound):
        company.sharing.unshare(LOCAL_ADMIN, "model", MODEL, f"person:{ada.id}", "viewer")


def test_a_department_may_hold_a_share(company: Auth) -> None:
    ada, ben = add(company, "ada", Grant("viewer", "Marketing")), add(company, "ben")
    company.sharing.share(LOCAL_ADMIN, "model", MODEL, "department:Marketing", "analyst")
    run = company.engine.runs.submit(again(company, ada), MODEL)
    assert company.engine.runs.get(again(company, ada), run.id).department == "Testing"
    with pytest.raises(NotFound):
        company.engine.catalog.get(again(company, ben), MODEL)


def test_nobody_passes_on_more_than_they_have(company: Auth) -> None:
    modeller = add(company, "mod", Grant("modeller", "Testing"))
    ada = add(company, "ada")
    company.sharing.share(modeller, "model", MODEL, f"person:{ada.id}", "editor")
    for role in ("modeller", "steward", "administrator", "made-up"):
        with pytest.raises(Invalid, match="cannot give the role"):
            company.sharing.share(LOCAL_ADMIN, "model", MODEL, f"person:{ada.id}", role)
    # somebody with an editor's share owns nothing here, so may not pass it on
    with pytest.raises(Refused):
        company.sharing.share(again(company, ada), "model", MODEL, f"person:{ada.id}", "viewer")
    with pytest.raises(NotFound):
        company.sharing.of(add(company, "eve", Grant("modeller", "Marketing")), "model", MODEL)


def test_shares_name_people_and_departments_that_there_are(company: Auth) -> None:
    gone = add(company, "gone")
    company.accounts.disable(LOCAL_ADMIN, gone.id)
    for holder in ("person:nobody", "department:Nowhere", "everybody", "", f"person:{gone.id}"):
        with pytest.raises(Invalid, match="to share with"):
            company.sharing.share(LOCAL_ADMIN, "model", MODEL, holder, "viewer")
    with pytest.raises(NotFound):
        company.sharing.share(LOCAL_ADMIN, "report", "x", f"person:{gone.id}", "viewer")
    with pytest.raises(NotFound):
        company.sharing.of(LOCAL_ADMIN, "dataset", "x")


def test_shares_are_listed_with_names(company: Auth) -> None:
    ada = add(company, "ada")
    company.sharing.share(LOCAL_ADMIN, "model", MODEL, "department:Marketing", "viewer")
    company.sharing.share(LOCAL_ADMIN, "model", MODEL, f"person:{ada.id}", "analyst")
    company.sharing.share(LOCAL_ADMIN, "model", MODEL, f"person:{ada.id}", "analyst")
    found = [(share.shown, share.role) for share in company.sharing.of(LOCAL_ADMIN, "model", MODEL)]
    assert found == [("Marketing", "viewer"), ("ada", "analyst")]


# ---- departments


def test_a_registered_model_brings_its_department(company: Auth) -> None:
    assert {(d.name, d.models) for d in company.accounts.departments(LOCAL_ADMIN)} == {
        ("Marketing", 0),
        ("Testing", 1),
    }


def test_renaming_a_department_moves_all_that_names_it(company: Auth) -> None:
    ada = add(company, "ada", Grant("modeller", "Testing"))
    ben = add(company, "ben")
    _, text = company.tokens.create(ada, "mine", departments=["Testing"])
    company.sharing.share(LOCAL_ADMIN, "model", MODEL, "department:Testing", "analyst")
    company.secrets.set(LOCAL_ADMIN, "key", "something long", department="Testing")
    mapping = {"mapping": [{"group": "quality", "role": "viewer", "department": "Testing"}]}
    company.options.put(LOCAL_ADMIN, "identity", mapping)
    run = company.engine.runs.submit(ada, MODEL)
    company.accounts.rename_department(LOCAL_ADMIN, "Testing", "Quality")
    ada = again(company, ada)
    assert ada.grants == {Grant("modeller", "Quality")}
    assert company.engine.catalog.get(ada, MODEL).card.department == "Quality"
    assert company.engine.runs.get(ada, run.id).department == "Quality"
    assert company.secrets.get(ada, "key").department == "Quality"
    assert company.tokens.actor(text).grants == {Grant("modeller", "Quality")}
    assert company.options.get("identity")["mapping"][0]["department"] == "Quality"
    assert company.sharing.of(ada, "model", MODEL)[0].holder == "department:Quality"
    assert company.engine.runs.submit(ada, MODEL, reuse=False).department == "Quality"
    with pytest.raises(NotFound):
        company.engine.catalog.get(again(company, ben), MODEL)


def test_folders_may_go_on_naming_the_old_department(company: Auth, model_folder: Any) -> None:
    company.accounts.rename_department(LOCAL_ADMIN, "Testing", "Quality")
    company.accounts.rename_department(LOCAL_ADMIN, "Quality", "Assurance")
    folder = model_folder("sum")
    (folder / "model.py").write_text((folder / "model.py").read_text() + "\n# changed\n")
    ada = add(company, "ada", Grant("modeller", "Assurance"))
    company.engine.catalog.register(ada, folder)
    assert company.engine.catalog.get(ada, MODEL).card.department == "Assurance"
    assert {d.name for d in company.accounts.departments(LOCAL_ADMIN)} == {"Marketing", "Assurance"}
    company.accounts.add_department(LOCAL_ADMIN, "Testing")  # the old name, meant anew
    with pytest.raises(Refused):
        company.engine.catalog.register(ada, folder)


def test_names_of_departments_are_checked(company: Auth) -> None:
    for name in ("", "  ", "a@b", "x" * 61, "a\tb\n", "a\u0000b"):
        with pytest.raises(Invalid):
            company.accounts.add_department(LOCAL_ADMIN, name)
    for taken in ("Marketing", "marketing "):
        with pytest.raises(Conflict):
            company.accounts.add_department(LOCAL_ADMIN, taken)
    with pytest.raises(NotFound):
        company.accounts.rename_department(LOCAL_ADMIN, "Nowhere", "Somewhere")
    with pytest.raises(Conflict):
        company.accounts.rename_department(LOCAL_ADMIN, "Testing", "Marketing")
    assert company.accounts.rename_department(LOCAL_ADMIN, "Testing", "TESTING").name == "TESTING"
