"""No byte of personal data reaches somebody without the right: through every service, route and file there is.

Values are planted, classed, and looked for in everything that each way out gives. A new service that hands out
data must be added here: the test compares with the registry.
"""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app import state
from app.api.application import create_api
from app.api.plain import plain
from auth.service import Auth, opened
from engine.access import LOCAL_ADMIN, SERVICES, Actor, Grant
from engine.engine import Engine
from engine.errors import QuarterdeckError
from engine.settings import Settings

TINY = Path(__file__).parent.parent / "models_tiny"
ANALYST = Actor(id="ana", name="Ana", grants=frozenset({Grant("analyst", "Marketing")}))
MAIL = "Zora.Quentin@canary-mail.example"
NAMES = [
    "Zora.Quentin@canary-mail.example",
    "Yusuf.Pellworm@canary-mail.example",
    "Xenia-Obermoor@canary.example",
]
PHONES = ["+49 7777 123987", "+49 7777 456654", "+49 7777 999111"]
BORN = ["1961-03-07", "1972-11-29", "1983-05-17"]
PAY = [98765.43, 87654.32, 76543.21]

# services that give nothing of a dataset's or run's contents, each with the reason
NOTHING = {
    "engine.data.service.Datasets.list": "names and counts",
    "engine.runs.keeping.Keeping.hold": "gives nothing back",
    "engine.runs.keeping.Keeping.unhold": "gives nothing back",
    "engine.runs.drafts.Drafts.get": "what the person typed",
    "engine.runs.drafts.Drafts.save": "what the person typed",
    "engine.runs.drafts.Drafts.clear": "what the person typed",
    "engine.runs.service.Runs.add_file": "the person's own file",
    "engine.runs.service.Runs.cancel": "a run that goes on: the same record as get",
}
CONTENTS = ("dataset.", "run.")


class Place:
    """A server's engine with a classed dataset and a run over it, made by an administrator."""

    def __init__(self, auth: Auth) -> None:
        self.auth, self.engine = auth, auth.engine
        self.run = ""

    def plant(self, folder: Path, name: str, columns: dict[str, list[Any]], classes: dict[str, str]) -> None:
        file = folder / f"{name}.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out, quoting=csv.QUOTE_ALL)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
        self.engine.datasets.ingest(LOCAL_ADMIN, name, file, department="Marketing")
        self.engine.datasets.classify(LOCAL_ADMIN, name, classes)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("ways-out")
    auth = opened(Settings(data_folder=folder / "data", free_space_floor_mb=1, concurrent_runs=1))
    auth.engine.start()
    state.attach(auth)
    made = Place(auth)
    planted = {"e_mail": NAMES, "phone": PHONES, "born": BORN, "pay": PAY, "units": [5, 6, 7]}
    classes = {"e_mail": "personal", "phone": "personal", "born": "personal", "pay": "sensitive"}
    made.plant(folder, "people", planted, classes)
    auth.engine.catalog.register(LOCAL_ADMIN, TINY / "people", promote=True)
    run = auth.engine.runs.submit(
        LOCAL_ADMIN, "tiny-people", inputs={"people": "people"}, values={"who": MAIL}
    )
    assert auth.engine.runs.wait(run.id, 120).state == "succeeded"
    made.run = run.id
    yield made
    state.detach(auth)
    auth.engine.stop()


def told(work: Callable[[], Any]) -> bytes:
    """Everything that a way out says: its answer, the bytes of its files, or its sentence."""
    try:
        return _bytes(work())
    except QuarterdeckError as error:
        return json.dumps(error.as_json(), ensure_ascii=False).encode()


def _bytes(value: Any) -> bytes:
    if isinstance(value, Path):
        return _file(value)
    return repr(value).encode() + json.dumps(plain(value), ensure_ascii=False, default=str).encode()


def _file(path: Path) -> bytes:
    """A file's bytes, unpacked where it is an archive, and as a table where it is Parquet."""
    import pyarrow.parquet as pq

    raw = path.read_bytes()
    if raw[:4] == b"PAR1":
        table = pq.ParquetFile(path)
        return (
            raw
            + repr(table.metadata.to_dict()).encode()
            + json.dumps(table.read().to_pylist(), default=str).encode()
        )
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                raw += archive.read(member)
                if member.endswith(".parquet"):
                    inner = path.with_name("inner.parquet")
                    inner.write_bytes(archive.read(member))
                    raw += _file(inner)
    return raw


def secrets_in(said: bytes, planted: list[str]) -> list[str]:
    return [value for value in planted if value.encode() in said or json.dumps(value)[1:-1].encode() in said]


PLANTED = [*NAMES, *PHONES, *BORN, *map(str, PAY)]


def ways(engine: Engine, run: str, folder: Path) -> dict[str, Callable[[], Any]]:
    """Every service that hands out contents, by its registered name."""
    data, runs, who = engine.datasets, engine.runs, ANALYST
    made = folder / "made"

    def exported(form: str) -> Path:
        return data.export(who, "people", None, folder / f"out.{form}", form)

    def queried(sql: str) -> Any:
        return [told(lambda: data.query(who, sql, ["people"], target=made)), made]

    return {
        "engine.data.service.Datasets.get": lambda: data.get(who, "people"),
        "engine.data.service.Datasets.version": lambda: data.version(who, "people"),
        "engine.data.service.Datasets.page": lambda: data.page(who, "people"),
        "engine.data.service.Datasets.path": lambda: data.path(who, "people"),
        "engine.data.service.Datasets.values": lambda: data.values(who, "people", "e_mail"),
        "engine.data.service.Datasets.export": lambda: [
            _file(exported(f)) for f in ("csv", "xlsx", "parquet")
        ],
        "engine.data.service.Datasets.ingest": lambda: data.ingest(
            Actor(id="ed", grants=frozenset({Grant("editor", "Marketing")})), "people", folder / "again.csv"
        ),
        "engine.data.classifying.Classifying.classes": lambda: data.classes(who, "people"),
        "engine.data.classifying.Classifying.classify": lambda: data.classify(
            Actor(id="mo", grants=frozenset({Grant("modeller", "Marketing")})), "people", {"units": "none"}
        ),
        "engine.data.querying.Querying.query": lambda: queried("SELECT * FROM people"),
        "engine.runs.service.Runs.get": lambda: runs.get(who, run),
        "engine.runs.service.Runs.list": lambda: runs.list(who),
        "engine.runs.service.Runs.log": lambda: runs.log(who, run),
        "engine.runs.service.Runs.outputs": lambda: runs.outputs(who, run),
        "engine.runs.service.Runs.output_path": lambda: [
            _file(runs.output_path(who, run, name)) for name in ("contacts", "merged")
        ],
        "engine.runs.service.Runs.provenance": lambda: runs.provenance(who, run),
        "engine.runs.service.Runs.again": lambda: runs.again(who, run),
        "engine.runs.service.Runs.submit": lambda: runs.submit(
            who, "tiny-people", inputs={"people": "people"}, values={"who": "somebody"}
        ),
        "engine.runs.service.Runs.predict": lambda: runs.predict(
            who, "tiny-people", inputs={"people": "people"}, values={"who": "somebody"}
        ),
    }


def test_every_service_that_hands_out_contents_is_a_way_here(place: Place, tmp_path: Path) -> None:
    known = set(ways(place.engine, place.run, tmp_path)) | set(NOTHING)
    place.engine.datasets, place.engine.runs, place.engine.drafts  # noqa: B018 - registers them
    registered = {n for n, info in SERVICES.items() if info.permission.startswith(CONTENTS)}
    own = {n for n in registered if n.startswith(("engine.data.", "engine.runs."))}
    assert own - known == set(), "a new service: say here how it hides personal data, or that it gives none"


def test_no_service_gives_a_personal_value_to_somebody_without_the_right(
    place: Place, tmp_path: Path
) -> None:
    header, rows = "e_mail,phone,born,pay,units\n", zip(NAMES, PHONES, BORN, PAY, (5, 6, 8), strict=True)
    (tmp_path / "again.csv").write_text(header + "".join(",".join(map(str, row)) + "\n" for row in rows))
    for name, work in ways(place.engine, place.run, tmp_path).items():
        said = told(work)
        assert said, name
        assert secrets_in(said, PLANTED) == [], name


def test_the_same_ways_give_them_to_a_steward(place: Place, tmp_path: Path) -> None:
    """The test above would see what leaks: with the right, the values are there."""
    steward = Actor(id="st", grants=frozenset({Grant("steward", "Marketing")}))
    data, runs = place.engine.datasets, place.engine.runs
    assert secrets_in(told(lambda: data.page(steward, "people", 1)), NAMES) == NAMES
    assert (
        secrets_in(told(lambda: data.export(steward, "people", 1, tmp_path / "x.xlsx", "xlsx")), NAMES)
        == NAMES
    )
    assert secrets_in(told(lambda: runs.output_path(steward, place.run, "contacts")), NAMES) == NAMES
    assert secrets_in(told(lambda: runs.get(steward, place.run)), [MAIL]) == [MAIL]


QUERIES = [
    "SELECT * FROM people",
    "SELECT e_mail FROM people",
    "SELECT people FROM people",
    "SELECT min(e_mail) FROM people",
    "SELECT list(e_mail) FROM people",
    "SELECT * FROM people WHERE e_mail LIKE 'Z%'",
    "SELECT x FROM (SELECT people AS x FROM people)",
    "SELECT columns(*)::VARCHAR FROM people",
    "SELECT string_agg(columns('e.*'), '') FROM people",
    "SELECT to_json(people) FROM people",
    "SELECT hash(e_mail) FROM people",
    "SELECT CAST(pay AS VARCHAR) FROM people",
    "WITH a AS (SELECT e_mail AS x FROM people) SELECT upper(x) FROM a",
    "SELECT DISTINCT e_mail, born FROM people",
    "SELECT a.e_mail FROM people a POSITIONAL JOIN people b",
    "SELECT * EXCLUDE (units) FROM people ORDER BY ALL",
]


@pytest.mark.parametrize("sql", QUERIES)
def test_no_query_gives_one(place: Place, tmp_path: Path, sql: str) -> None:
    target = tmp_path / "made.parquet"
    said = told(lambda: place.engine.datasets.query(ANALYST, sql, ["people"], target=target))
    said += _file(target) if target.exists() else b""
    assert secrets_in(said, PLANTED) == []


def client_of(actor: Actor) -> TestClient:
    """The API with somebody signed in, without the way of signing in."""
    api = create_api()

    async def signed_in(scope: Any, receive: Any, send: Any) -> None:
        await api({**scope, "state": {**scope.get("state", {}), "actor": actor}}, receive, send)

    return TestClient(signed_in, raise_server_exceptions=False)


def addresses(run: str) -> Iterator[str]:
    """Every GET route of API and files, filled in, with the forms and views that it has."""
    for path, methods in create_api().openapi()["paths"].items():
        if "get" not in methods or path.endswith("/events"):
            continue
        for name in ("people", "contacts", "merged", "count"):
            fields = {"run": run, "version": "1", "model": "tiny-people", "upload": "x"}
            fields |= {"name": name} if ("dataset" in path) == (name == "people") else {"name": "contacts"}
            filled = path
            for field, value in fields.items():
                filled = filled.replace("{" + field + "}", value)
            if "{" not in filled:
                yield filled


def test_no_route_gives_one(place: Place, tmp_path: Path) -> None:
    client, seen = client_of(ANALYST), 0
    for address in sorted(set(addresses(place.run))):
        views = [{}, {"format": "csv"}, {"format": "xlsx"}, {"format": "parquet"}, {"sort": "e_mail"}]
        views += [{"filters": json.dumps([{"column": "E.Mail", "op": "contains", "value": "Z"}])}]
        for view in views:
            answer = client.get(address, params=view)
            file = tmp_path / "answer"
            file.write_bytes(answer.content)
            assert secrets_in(_file(file), PLANTED) == [], (address, view)
            seen += answer.status_code == 200
    assert seen > 30, answer.text
    body = {"sql": "SELECT * FROM people", "datasets": ["people"]}
    for form in ("json", "csv", "xlsx", "parquet"):
        file.write_bytes(client.post("/api/v1/query", json={**body, "format": form}).content)
        assert secrets_in(_file(file), PLANTED) == []


def test_the_answer_of_a_real_time_call_is_masked(place: Place) -> None:
    """Whoever may run a model over personal data gets its tables masked all the same."""
    from engine.runs import masking

    uses = place.engine.runs.get(ANALYST, place.run).inputs
    answer = place.engine.runs.predict(
        LOCAL_ADMIN, "tiny-people", inputs={"people": "people@1"}, values={"who": MAIL}
    )["outputs"]
    assert secrets_in(json.dumps(answer).encode(), NAMES) == NAMES
    masked = masking.answer(masking.hidden(place.engine, ANALYST, uses), answer)
    assert secrets_in(json.dumps(masked).encode(), NAMES) == []
    assert [row[0] for row in masked["contacts"]["rows"]] == [5, 6, 7]


# at least six characters: a shorter one may be part of a hash or a name by chance
CANARIES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=4, max_size=20
).map(lambda text: f"§{text}")


@given(values=st.lists(CANARIES, min_size=1, max_size=5, unique=True), numbers=st.integers(10**9, 10**12))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_values_are_no_file_or_page_holds_them(
    place: Place, tmp_path: Path, values: list[str], numbers: int
) -> None:
    name = f"planted-{abs(hash((tuple(values), numbers)))}"
    columns = {
        "who": values,
        "number": [numbers + n * 7_919 for n in range(len(values))],
        "units": [1] * len(values),
    }
    place.plant(tmp_path, name, columns, {"who": "personal", "number": "personal"})
    data, planted = place.engine.datasets, [*values, *map(str, columns["number"])]
    said = told(lambda: [data.get(ANALYST, name), data.page(ANALYST, name), data.classes(ANALYST, name)])
    said += told(lambda: data.path(ANALYST, name))
    for form in ("csv", "xlsx"):
        said += told(lambda form=form: data.export(ANALYST, name, None, tmp_path / f"x.{form}", form))
    assert secrets_in(said, planted) == []
