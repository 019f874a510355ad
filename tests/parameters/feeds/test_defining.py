"""Who may make which feeds, and what is refused before anything is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth.audit.search import Search
from engine.access import LOCAL_ADMIN, Grant
from engine.errors import Conflict, Invalid, NotFound, Refused
from tests.parameters.conftest import House
from tests.parameters.feeds.conftest import RATES, USD
from tests.parameters.feeds.servers import Site, site
from tests.parameters.sets import HOME, MODEL, OTHER, SET, person

SECRET = "hush-hush-0123456789"


@pytest.fixture
def plain(house: House) -> Iterator[Site]:
    """A server that feeds may read from."""
    with site() as made:
        settings = house.auth.engine.settings
        settings.feed_hosts, settings.feed_private_networks = made.origin, "127.0.0.0/8,::1/128"
        made.says("/rates", '{"date": "2026-10-06", "rates": {"USD": 1.08}}')
        yield made


def audited(house: House) -> list[Any]:
    return house.auth.audit.search(LOCAL_ADMIN, Search(), limit=200).entries


def url(one: Site, **more: Any) -> dict[str, Any]:
    return {"kind": "url", "url": f"{one.address}/rates", "format": "json", "value": "rates.USD", **more}


def test_an_address_is_read_with_its_secret_and_its_own_day(house: House, feeds: Any, plain: Site) -> None:
    house.auth.secrets.set(LOCAL_ADMIN, "rates-key", SECRET, department=HOME)
    source = url(plain, secret="rates-key", header="X-Api-Key", prefix="", observed="date")
    made = feeds.add(house.ada, MODEL, SET, "floor", source)
    found = feeds.fetch(house.ben, MODEL, SET, made.id)
    assert (found.outcome, found.value, str(found.observed_on)) == ("suggested", 1.08, "2026-10-06")
    assert plain.asked[0][1]["x-api-key"] == SECRET
    assert set(found.origin) == {"url", "sha256"}
    entries = audited(house)
    assert "secret-used" in {entry.action for entry in entries}
    assert SECRET not in str(entries)


def test_a_server_that_repeats_the_secret_gets_it_into_no_value_and_no_sentence(
    house: House, feeds: Any, plain: Site
) -> None:
    house.auth.secrets.set(LOCAL_ADMIN, "rates-key", SECRET, department=HOME)
    for at, body in enumerate((f'{{"rates": {{"USD": "{SECRET}"}}}}', f'{{"{SECRET}": 1}}', SECRET)):
        plain.says("/rates", body)
        made = feeds.add(
            house.ada, MODEL, SET, ("floor", "weeks", "list_price")[at], url(plain, secret="rates-key")
        )
        found = feeds.fetch(house.ada, MODEL, SET, made.id)
        assert found.outcome == "failed"
        assert SECRET not in found.sentence


def test_a_secret_of_another_department_is_not_sent(house: House, feeds: Any, plain: Site) -> None:
    house.auth.secrets.set(LOCAL_ADMIN, "rates-key", SECRET, department=OTHER)
    with pytest.raises((NotFound, Refused)):
        feeds.add(house.ada, MODEL, SET, "floor", url(plain, secret="rates-key"))
    assert plain.asked == []


def test_who_may_only_look_sees_no_query_of_an_address(house: House, feeds: Any, plain: Site) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", {**url(plain), "url": f"{plain.address}/rates?key=abc"})
    assert feeds.get(house.ada, MODEL, SET, made.id).source["url"].endswith("/rates?key=abc")
    assert feeds.get(house.cleo, MODEL, SET, made.id).source["url"].endswith("/rates?…")
    entries = audited(house)
    assert "key=abc" not in str(entries)


def test_a_feed_reads_with_its_owners_rights_and_whoever_changes_it_must_have_them(
    house: House, feeds: Any, tmp_path: Path
) -> None:
    both = person(house.auth, "fay", "editor")
    house.auth.accounts.grant(LOCAL_ADMIN, both.id, "viewer", OTHER)
    both = house.auth.accounts.actor_of(both.id)
    file = tmp_path / "other.csv"
    file.write_text(RATES)
    house.auth.engine.datasets.ingest(LOCAL_ADMIN, "other-rates", file, department=OTHER)
    source = {"kind": "dataset", "dataset": "other-rates", "column": "rate"}
    made = feeds.add(both, MODEL, SET, "floor", source)
    assert feeds.fetch(house.ada, MODEL, SET, made.id).outcome == "suggested"
    assert feeds.get(house.ada, MODEL, SET, made.id).owner == both.id
    for change in ({"title": "Mine"}, {"mode": "apply"}, {"guard": {"stale_days": 3}}):
        with pytest.raises(NotFound, match="other-rates"):
            feeds.change(house.ada, MODEL, SET, made.id, **change)
    with pytest.raises(NotFound, match="other-rates"):
        feeds.look(house.ada, MODEL, SET, "weeks", source)
    assert feeds.change(house.ada, MODEL, SET, made.id, source=USD).owner == house.ada.id


def test_a_token_with_fewer_rights_makes_no_feed_that_reads_with_more(house: House, feeds: Any) -> None:
    narrow = replace(house.ada, kind="token", grants=frozenset({Grant("editor", OTHER)}))
    with pytest.raises((NotFound, Refused)):
        feeds.add(narrow, MODEL, SET, "floor", USD)


@pytest.mark.parametrize("who", ["cleo", "dan", "eve"])
def test_who_may_not_change_the_set_makes_and_fetches_nothing(house: House, feeds: Any, who: str) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    actor = getattr(house, who)
    for work in (
        lambda: feeds.add(actor, MODEL, SET, "weeks", USD),
        lambda: feeds.fetch(actor, MODEL, SET, made.id),
        lambda: feeds.look(actor, MODEL, SET, "weeks", USD),
        lambda: feeds.remove(actor, MODEL, SET, made.id),
    ):
        with pytest.raises((Refused, NotFound)):
            work()


def test_a_feed_of_another_set_is_not_there(house: House, feeds: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    house.sets.create(house.ada, MODEL, "winter")
    with pytest.raises(NotFound, match="no feed"):
        feeds.fetch(house.ada, MODEL, "winter", made.id)
    found = feeds.fetch(house.ada, MODEL, SET, made.id)
    other = feeds.add(house.ada, MODEL, "winter", "floor", USD)
    with pytest.raises(NotFound, match="no try"):
        feeds.accept(house.ada, MODEL, "winter", other.id, found.id)


NONSENSE: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("speed", USD, {}, "no field “speed”"),
    ("floor", {"kind": "fax"}, {}, "no kind of source"),
    ("floor", {}, {}, "no kind of source"),
    ("floor", {"kind": "sql", "sql": "SELECT 1"}, {}, "“datasets”: it is needed"),
    ("floor", {**USD, "datasets": ["rates@1"]}, {}, "newest version"),
    ("floor", {**USD, "datasets": ["rates", "rates"]}, {}, "named twice"),
    ("floor", {**USD, "speed": 1}, {}, "no such part"),
    ("floor", {**USD, "factor": "0"}, {}, "other than 0"),
    ("floor", {**USD, "factor": "x"}, {}, "no number"),
    ("floor", USD, {"mode": "force"}, "no mode"),
    ("floor", USD, {"trigger": "every day"}, "no trigger"),
    ("floor", USD, {"place": "DE"}, "no place “DE”"),
    ("floor", USD, {"guard": {"minimum": "x"}}, "is no number"),
    (
        "floor",
        {"kind": "url", "url": "https://evil.org/", "format": "json"},
        {},
        "QUARTERDECK_FEED_HOSTS",
    ),
    ("floor", {"kind": "file", "path": "x", "format": "csv"}, {}, "QUARTERDECK_FEED_FOLDER"),
    ("floor", {"kind": "metric", "model": MODEL, "output": "speed"}, {}, "no metric “speed”"),
    ("floor", {"kind": "metric", "model": MODEL, "output": "total", "set": "none"}, {}, "none"),
    ("floor", {"kind": "dataset", "dataset": "nowhere", "column": "x"}, {}, "no dataset “nowhere”"),
]


def test_what_makes_no_sense_is_a_sentence_and_nothing_is_stored(house: House, feeds: Any) -> None:
    for field, source, more, sentence in NONSENSE:
        with pytest.raises((Invalid, NotFound), match=sentence):
            feeds.add(house.ada, MODEL, SET, field, source, **more)
    assert feeds.list(house.ada, MODEL, SET) == []


def test_a_field_has_one_feed_at_a_place_and_may_have_another_after_it_is_removed(
    house: House, feeds: Any
) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD)
    with pytest.raises(Conflict, match="has a feed already"):
        feeds.add(house.ben, MODEL, SET, "floor", USD)
    feeds.remove(house.ada, MODEL, SET, made.id)
    assert feeds.add(house.ada, MODEL, SET, "floor", USD).id != made.id
    assert feeds.titles(house.ada, MODEL, SET, [made.id]) == {made.id: "Price floor"}


def test_a_preset_has_no_feeds(house: House, feeds: Any) -> None:
    house.sets.create(house.ada, MODEL, "~mine")
    assert feeds.list(house.ada, MODEL, "~mine") == []
    assert feeds.freshness(house.ada, MODEL, "~mine") == {}
    with pytest.raises(NotFound, match="has no feeds"):
        feeds.add(house.ada, MODEL, "~mine", "floor", USD)


def test_looking_stores_nothing(house: House, feeds: Any) -> None:
    found = feeds.look(house.ada, MODEL, SET, "floor", USD, guard={"change": "1", "relative": True})
    assert (found.value, found.old) == (1.08, 1.05)
    assert "at most 1 %" in found.held
    assert feeds.list(house.ada, MODEL, SET) == []


def test_everything_that_is_done_is_in_the_audit_log(house: House, feeds: Any) -> None:
    made = feeds.add(house.ada, MODEL, SET, "floor", USD, reason="The bank publishes it.")
    found = feeds.fetch(house.ben, MODEL, SET, made.id)
    feeds.change(house.ben, MODEL, SET, made.id, mode="apply")
    feeds.pause(house.ada, MODEL, SET, made.id, "Holidays.")
    feeds.resume(house.ada, MODEL, SET, made.id)
    feeds.accept(house.ben, MODEL, SET, made.id, found.id)
    feeds.remove(house.ada, MODEL, SET, made.id, "Not needed.")
    entries = audited(house)
    done = [entry.action for entry in reversed(entries) if entry.action.startswith("feed-")]
    assert done == ["feed-changed", "feed-tried", *["feed-changed"] * 3, "feed-decided", "feed-changed"]
    assert house.auth.audit.verify(LOCAL_ADMIN).ok
