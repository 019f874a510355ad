"""Columns with personal data: classes, what looks personal, and what people without the right see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auth.rights import RightsAuthorizer
from engine.access import LOCAL_ADMIN, Actor, Grant
from engine.data.classes import described, find, key
from engine.data.coltypes import ColumnInfo
from engine.data.suggest import by_content, by_name
from engine.engine import Engine
from engine.errors import Invalid, NotFound, Refused
from engine.settings import Settings

CSV = "id,E-Mail,units\n1,ada@example.com,5\n2,bob@example.com,7\n3,eve@example.com,9\n"


def person(role: str, department: str = "Marketing") -> Actor:
    return Actor(id=role, name=role, grants=frozenset({Grant(role, department)}))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(Settings(data_folder=tmp_path / "data", free_space_floor_mb=1), RightsAuthorizer())
    file = tmp_path / "people.csv"
    file.write_text(CSV)
    made.datasets.ingest(LOCAL_ADMIN, "people", file, department="Marketing", title="People")
    yield made
    made.stop()


def test_what_looks_personal_is_suggested_and_a_person_confirms(engine: Engine) -> None:
    (_, email, _) = engine.datasets.classes(person("viewer"), "people")
    assert (email.column, email.kind, email.suggested) == ("E-Mail", "", "personal")
    assert "e-mail addresses" in email.why
    assert "ada" not in email.why
    assert engine.datasets.page(person("viewer"), "people").rows[0][1] == "ada@example.com"
    engine.datasets.classify(person("steward"), "people", {"e_mail": "personal"}, reason="seen")
    assert engine.datasets.classes(person("viewer"), "people")[1].kind == "personal"
    assert engine.datasets.page(person("viewer"), "people").rows[0][1] == "•••"


def test_who_may_see_personal_data_sees_it(engine: Engine) -> None:
    engine.datasets.classify(person("steward"), "people", {"E-Mail": "personal"})
    for role in ("steward", "administrator"):
        assert engine.datasets.page(person(role), "people").rows[0][1] == "ada@example.com"
    for role in ("viewer", "analyst", "editor", "approver", "modeller"):
        assert engine.datasets.page(person(role), "people").rows[0][1] == "•••"


def test_the_profile_of_a_masked_column_is_empty(engine: Engine) -> None:
    engine.datasets.classify(LOCAL_ADMIN, "people", {"E-Mail": "sensitive"})
    column = engine.datasets.version(person("viewer"), "people").schema[1]
    assert (column.masked, column.personal, dict(column.profile)) == (True, "sensitive", {})
    assert engine.datasets.get(person("viewer"), "people").latest.schema[1].masked
    assert engine.datasets.version(LOCAL_ADMIN, "people").schema[1].profile["minimum"] == "ada@example.com"


def test_filters_sorts_and_choices_by_a_masked_column_are_refused_with_a_sentence(engine: Engine) -> None:
    engine.datasets.classify(LOCAL_ADMIN, "people", {"E-Mail": "personal"})
    viewer = person("viewer")
    with pytest.raises(Invalid, match="masked for you: it cannot be used to sort"):
        engine.datasets.page(viewer, "people", sort="E-Mail")
    with pytest.raises(Invalid, match="cannot be used to filter"):
        engine.datasets.page(viewer, "people", filters=[{"column": "E-Mail", "op": "contains", "value": "a"}])
    with pytest.raises(Invalid, match="cannot be used to list values"):
        engine.datasets.values(viewer, "people", "E-Mail")
    assert engine.datasets.page(viewer, "people", sort="units", descending=True).rows[0] == [3, "•••", 9]


def test_a_class_holds_for_later_versions_however_the_name_is_spelled(engine: Engine, tmp_path: Path) -> None:
    engine.datasets.classify(LOCAL_ADMIN, "people", {"E-Mail": "personal"})
    file = tmp_path / "next.csv"
    file.write_text("id,e_mail\n1,new@example.com\n")
    engine.datasets.ingest(LOCAL_ADMIN, "people", file)
    assert engine.datasets.page(person("viewer"), "people").rows == [[1, "•••"]]
    assert engine.datasets.page(person("viewer"), "people", 1).rows[0][1] == "•••"


def test_taking_a_class_away_needs_the_right_to_see_the_data(engine: Engine) -> None:
    modeller = person("modeller")
    engine.datasets.classify(modeller, "people", {"E-Mail": "personal"})
    with pytest.raises(Refused, match=r"dataset\.personal"):
        engine.datasets.classify(modeller, "people", {"E-Mail": "none"})
    engine.datasets.classify(person("steward"), "people", {"E-Mail": "none"})
    assert engine.datasets.page(person("viewer"), "people").rows[0][1] == "ada@example.com"
    assert engine.datasets.classes(person("viewer"), "people")[1].kind == "none"


def test_who_may_not_classify_is_refused_and_nonsense_is_a_sentence(engine: Engine) -> None:
    with pytest.raises(Refused):
        engine.datasets.classify(person("analyst"), "people", {"E-Mail": "personal"})
    with pytest.raises(NotFound):
        engine.datasets.classify(person("steward", "Procurement"), "people", {"E-Mail": "personal"})
    with pytest.raises(Invalid, match="There are 2 problems"):
        engine.datasets.classify(LOCAL_ADMIN, "people", {"nope": "personal", "id": "secret"})


def test_a_notice_that_quotes_a_value_is_not_shown_for_a_masked_column(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("customer,units\n0012345,1\n0012346,2\n")
    engine.datasets.ingest(LOCAL_ADMIN, "codes", file, department="Marketing")
    engine.datasets.classify(LOCAL_ADMIN, "codes", {"customer": "personal"})
    assert any("0012345" in n for n in engine.datasets.version(LOCAL_ADMIN, "codes").notices)
    shown = engine.datasets.version(person("viewer"), "codes").notices
    assert not any("0012345" in n for n in shown)
    assert any("“customer”" in n for n in shown)


def test_a_model_is_judged_by_what_a_masked_column_holds_without_showing_it(engine: Engine) -> None:
    from types import SimpleNamespace

    engine.datasets.classify(LOCAL_ADMIN, "people", {"E-Mail": "personal", "units": "personal"})
    seen = engine.datasets.version(person("analyst"), "people")
    assert engine.datasets.fits(seen, SimpleNamespace(columns={"units": "number"})) == []
    (problem,) = engine.datasets.fits(seen, SimpleNamespace(columns={"E-Mail": "date"}))
    assert "ada" not in problem.sentence + problem.value


def test_the_same_file_again_updates_its_description(engine: Engine, tmp_path: Path) -> None:
    again = engine.datasets.ingest(
        LOCAL_ADMIN, "people", tmp_path / "people.csv", title="Customers", source="till", licence="ours"
    )
    assert (again.number, again.lineage["source"], again.lineage["licence"]) == (1, "till", "ours")
    assert engine.datasets.get(LOCAL_ADMIN, "people").title == "Customers"
    kept = engine.datasets.ingest(LOCAL_ADMIN, "people", tmp_path / "people.csv")
    assert kept.lineage["source"] == "till"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("email", "personal"), ("CustomerEmail", "personal"), ("first_name", "personal"), ("Last Name", "personal"),
        ("phone", "personal"), ("dateOfBirth", "personal"), ("dob", "personal"), ("zip_code", "personal"),
        ("IBAN", "personal"), ("religion", "sensitive"), ("diagnosis", "sensitive"), ("salary", "personal"),
        ("units", ""), ("brand", ""), ("store", ""), ("price", ""), ("week", ""), ("product_name", ""),
        ("description", ""), ("shipping", ""), ("recipe", ""),
    ],
)  # fmt: skip
def test_names_suggest(name: str, kind: str) -> None:
    found = by_name(name)
    assert (found[0] if found else "") == kind


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a.b+c@example.co.uk", "x@y.de", "k@l.com", "n/a"], "e-mail"),
        (["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "FR1420041010050500013M02606"], "IBAN"),
        (["+49 170 1234567", "+1 (212) 555-0100", "0044 20 7946 0958"], "telephone"),
        (["10.0.0.1", "192.168.1.77", "8.8.8.8"], "computers"),
        (["4111 1111 1111 1111", "5500000000000004", "340000000000009"], "bank cards"),
        (["Tropicana", "Dominick's", "Minute Maid"], ""),
        (["2026-01-05", "2026-01-12", "2026-01-19"], ""),
        (["007", "008", "0012"], ""),
        (["a@b.com"], ""),
        ([], ""),
    ],
)
def test_values_suggest(values: list[str], said: str) -> None:
    found = by_content(values)
    assert said in found[1] if said else found is None


def test_names_are_the_same_whatever_r_and_merges_make_of_them() -> None:
    assert key("E-mail") == key("e_mail") == key("E.mail ") == key("EMAIL")
    classes = {key("E-mail"): "personal"}
    assert all(find(name, classes) for name in ("e.mail", "E-mail_x", "e_mail.y", "E.mail.1"))
    assert not find("mail", classes)
    assert described([ColumnInfo("E.mail", "text")], classes, masked=True)[0].masked
