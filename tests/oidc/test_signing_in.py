"""The way to a real provider and back: accounts, roles by groups, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from auth.identity import CameBack, Mapped, ProviderRefused
from auth.service import Auth
from engine.access import LOCAL_ADMIN, Actor, Grant
from tests.oidc.running import PEOPLE, Running

SignIn = Callable[..., CameBack]


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(ProviderRefused) as caught:
        work()
    assert "<" not in caught.value.sentence
    return caught.value.reason


@pytest.fixture(autouse=True)
def _configured(configure: Callable[..., object]) -> None:
    configure()


def test_the_first_sign_in_makes_an_account_with_the_roles_of_its_groups(
    auth: Auth, sign_in: SignIn, acting: Callable[[CameBack], Actor]
) -> None:
    actor = acting(sign_in("ada", next="/runs"))
    assert actor.grants == {Grant("analyst", "Marketing")}
    person = auth.accounts.get(LOCAL_ADMIN, actor.id)
    assert (person.name, person.title, person.email, person.kind) == (
        "ada",
        "Ada Lovelace",
        "ada@kronkers.example",
        "oidc",
    )


def test_the_browser_goes_on_where_it_wanted_to(sign_in: SignIn) -> None:
    assert sign_in("ada", next="/runs?model=x").next == "/runs?model=x"


def test_the_same_identity_is_the_same_account_and_follows_its_groups(
    auth: Auth, idp: Running, sign_in: SignIn, acting: Callable[[CameBack], Actor]
) -> None:
    first = acting(sign_in("ada"))
    auth.accounts.grant(LOCAL_ADMIN, first.id, "viewer", "Procurement")
    moved = PEOPLE["ada"] | {"groups": ["procurement"], "name": "Ada King"}
    idp.control(people=PEOPLE | {"ada": moved})
    second = acting(sign_in("ada"))
    assert second.id == first.id
    assert second.grants == {Grant("modeller", "Procurement"), Grant("viewer", "Procurement")}
    assert auth.accounts.get(LOCAL_ADMIN, first.id).title == "Ada King"


def test_leaving_all_groups_takes_all_roles_that_they_stood_for(
    idp: Running, sign_in: SignIn, acting: Callable[[CameBack], Actor]
) -> None:
    sign_in("ada")
    idp.control(people=PEOPLE | {"ada": PEOPLE["ada"] | {"groups": []}})
    assert acting(sign_in("ada")).grants == frozenset()


def test_a_group_may_stand_for_everybody(
    configure: Callable[..., object], sign_in: SignIn, acting: Callable[[CameBack], Actor]
) -> None:
    configure(mapping=(Mapped("*", "viewer", "Marketing"),))
    assert acting(sign_in("eve")).grants == {Grant("viewer", "Marketing")}


def test_groups_that_only_userinfo_tells_count_too(
    idp: Running, sign_in: SignIn, acting: Callable[[CameBack], Actor]
) -> None:
    idp.control(conform=True)
    before = idp.asked("/me")
    assert acting(sign_in("ada")).grants == {Grant("analyst", "Marketing")}
    assert idp.asked("/me") == before + 1


def test_the_last_administrator_stays_one(
    auth: Auth, idp: Running, sign_in: SignIn, acting: Callable[[CameBack], Actor]
) -> None:
    first = acting(sign_in("grace"))
    assert Grant("administrator", "") in first.grants
    idp.control(people=PEOPLE | {"grace": PEOPLE["grace"] | {"groups": ["procurement"]}})
    assert Grant("administrator", "") in acting(sign_in("grace")).grants
    auth.accounts.create(LOCAL_ADMIN, "second", grants=[Grant("administrator", "")])
    assert acting(sign_in("grace")).grants == {Grant("modeller", "Procurement")}


def test_a_disabled_account_is_refused_and_loses_nothing_else(auth: Auth, sign_in: SignIn) -> None:
    account = sign_in("ada").account
    auth.accounts.disable(LOCAL_ADMIN, account, "left")
    assert refused(lambda: sign_in("ada")) == "disabled"


def test_a_name_that_somebody_has_here_is_never_taken_over(auth: Auth, sign_in: SignIn) -> None:
    person, _ = auth.accounts.create(LOCAL_ADMIN, "ada", "Another Ada", "ada@kronkers.example")
    assert refused(lambda: sign_in("ada")) == "taken"
    assert auth.accounts.get(LOCAL_ADMIN, person.id).kind == "local"


def test_only_listed_domains_get_in(configure: Callable[..., object], sign_in: SignIn) -> None:
    configure(domains=("kronkers.example",))
    sign_in("ada")
    assert refused(lambda: sign_in("eve")) == "domain"
    assert refused(lambda: sign_in("mallory")) == "unverified"


def test_without_making_accounts_strangers_stay_out(
    configure: Callable[..., object], sign_in: SignIn
) -> None:
    configure(create_accounts=False)
    assert refused(lambda: sign_in("ada")) == "unknown"


def test_only_people_with_a_role_get_in_where_that_is_wanted(
    auth: Auth, configure: Callable[..., object], sign_in: SignIn
) -> None:
    configure(only_mapped=True)
    assert refused(lambda: sign_in("eve")) == "no-role"
    assert auth.accounts.find_by_name("eve") is None
    sign_in("ada")


def test_a_department_that_was_removed_from_the_list_maps_to_nothing(
    configure: Callable[..., object],
) -> None:
    from engine.errors import Invalid

    with pytest.raises(Invalid) as caught:
        configure(mapping=(Mapped("marketing", "analyst", "Nowhere"),))
    assert "Nowhere" in caught.value.problems[0].sentence


def test_what_happened_is_in_the_events_without_names(auth: Auth, sign_in: SignIn) -> None:
    from sqlmodel import select

    from engine.store.database import EventRow

    sign_in("ada")
    with auth.engine.database.read() as session:
        rows = list(session.exec(select(EventRow)))
    names = [row.name for row in rows]
    assert {"account-created", "roles-changed", "signed-in"} <= set(names)
    assert "kronkers.example" not in "".join(row.data for row in rows if row.object_kind == "account")


def test_a_person_in_many_browsers_at_once_has_one_account(auth: Auth, travel: Callable[..., Any]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    trips = [travel("ada") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        came = list(pool.map(lambda trip: trip.finish(), trips))
    assert len({one.account for one in came}) == 1


def test_a_name_that_cannot_be_one_here_is_refused(
    auth: Auth, idp: Running, configure: Callable[..., object], sign_in: SignIn
) -> None:
    idp.control(people=PEOPLE | {"eve": PEOPLE["eve"] | {"preferred_username": "!eve <script>"}})
    assert refused(lambda: sign_in("eve")) == "claims"


def test_names_are_shown_without_signs_that_nobody_sees(auth: Auth, idp: Running, sign_in: SignIn) -> None:
    odd = PEOPLE["ada"] | {"name": "Ada\u202e\nLove\x07lace " + "x" * 500, "email": "not an address"}
    idp.control(people=PEOPLE | {"ada": odd})
    person = auth.accounts.get(LOCAL_ADMIN, sign_in("ada").account)
    assert person.title.startswith("AdaLovelace x")
    assert len(person.title) == 120
    assert person.email == ""


def test_groups_may_be_nested_or_one_word(
    idp: Running, configure: Callable[..., object], sign_in: SignIn, acting: Callable[[CameBack], Actor]
) -> None:
    configure(groups_claim="groups.all")
    idp.control(people=PEOPLE | {"ada": PEOPLE["ada"] | {"groups": {"all": "marketing"}}})
    assert acting(sign_in("ada")).grants == {Grant("analyst", "Marketing")}


def test_more_groups_than_the_provider_sends_is_a_sentence(idp: Running, travel: Callable[..., Any]) -> None:
    trip = travel("eve")
    without = {name: value for name, value in PEOPLE["eve"].items() if name != "groups"}
    idp.control(people=PEOPLE | {"eve": without})
    idp.control(tamper={"groups": None, "_claim_names": {"groups": "src1"}})
    assert refused(trip.finish) == "groups"


def test_what_userinfo_tells_of_somebody_else_is_left_out(
    idp: Running, sign_in: SignIn, acting: Callable[[CameBack], Actor]
) -> None:
    idp.control(conform=True, userinfo={"sub": "grace", "groups": ["quarterdeck-admins"]})
    assert refused(lambda: sign_in("ada")) == "claims"  # not even a name is left
    idp.control(conform=False, people=PEOPLE | {"ada": {"email": "ada@kronkers.example"}})
    assert acting(sign_in("ada")).grants == frozenset()
