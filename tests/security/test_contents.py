"""Names, labels, data and outputs that hold scripts or formulas: they stay what they are, text."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest

from tests.security.world import IMAGE, SCRIPT, World, address


@pytest.mark.asvs("5.3.3")
def test_json_with_markup_in_it_is_never_a_page(world: World) -> None:
    for path in (
        "/api/v1/models/hostile",
        "/api/v1/datasets/marketing-list",
        "/api/v1/datasets/marketing-list/page",
    ):
        answer = world.get(path, "mia", Accept="text/html")
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert IMAGE in json.dumps(world.get("/api/v1/models/hostile", "mia").json())


@pytest.mark.asvs("5.3.3")
@pytest.mark.parametrize(
    "path", ["/api/v1/models/{}", "/api/v1/runs/{}", "/auth/{}", "/{}", "/files/datasets/{}"]
)
def test_markup_in_an_address_does_not_come_back_as_markup(world: World, path: str) -> None:
    for who in ("", "mia"):
        answer = world.get(path.format(address(SCRIPT).lstrip("/")), who)
        assert SCRIPT.encode() not in answer.body or answer.headers["content-type"].startswith(
            "application/json"
        )


@pytest.mark.asvs("5.3.3")
def test_markup_in_the_sign_in_form_comes_back_escaped(world: World) -> None:
    answer = world.get(f"/auth/sign-in?next=%22%3E{address(SCRIPT)[1:]}&name={address(SCRIPT)[1:]}")
    assert "<script>alert" not in answer.text


@pytest.mark.asvs("5.2.7", "12.5.2")
def test_a_drawing_of_a_model_is_a_file_without_scripts_of_its_own(world: World) -> None:
    run = world.ids["hostile"]
    for path in (f"/files/runs/{run}/drawing", f"/files/runs/{run}/drawing?inline=true"):
        answer = world.get(path, "mia")
        assert answer.status == 200
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox;")
        assert "allow-scripts" not in policy
        assert "default-src 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert (
        world.get(f"/files/runs/{run}/drawing", "mia").headers["content-disposition"].startswith("attachment")
    )


@pytest.mark.asvs("5.2.7", "12.5.2")
def test_a_page_of_a_model_has_no_origin_of_ours(world: World) -> None:
    run = world.ids["hostile"]
    download = world.get(f"/files/runs/{run}/page", "mia")
    assert download.headers["content-disposition"].startswith("attachment")
    assert "allow-scripts" not in download.headers["content-security-policy"]
    shown = world.get(f"/files/runs/{run}/page?inline=true", "mia").headers["content-security-policy"]
    assert shown.startswith("sandbox allow-scripts;")
    assert "allow-same-origin" not in shown
    assert "default-src 'none'" in shown
    assert "frame-ancestors 'self'" in shown


@pytest.mark.asvs("5.3.10")
def test_formulas_in_a_csv_are_made_harmless(world: World) -> None:
    """CSV injection, for outputs, datasets, and inside the archive of a run."""
    run = world.ids["hostile"]
    texts = [world.get(f"/files/runs/{run}/rows?format=csv", "mia").text]
    texts.append(world.get("/files/datasets/marketing-list?format=csv", "mia").text)
    with zipfile.ZipFile(io.BytesIO(world.get(f"/files/runs/{run}", "mia").body)) as archive:
        texts += [archive.read(name).decode() for name in archive.namelist() if name.endswith(".csv")]
    assert len(texts) >= 3
    for text in texts:
        cells = [cell for row in csv.reader(io.StringIO(text.lstrip("\ufeff"))) for cell in row]
        wild = [c for c in cells if c[:1] in ("=", "@", "+", "\t", "\r") or (c[:1] == "-" and not _number(c))]
        assert wild == []


@pytest.mark.asvs("5.3.10")
def test_formulas_in_a_spreadsheet_are_text(world: World) -> None:
    import openpyxl

    for path in (
        f"/files/runs/{world.ids['hostile']}/rows?format=xlsx",
        "/files/datasets/marketing-list?format=xlsx",
    ):
        answer = world.get(path, "mia")
        assert answer.status == 200
        book = openpyxl.load_workbook(io.BytesIO(answer.body))
        kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
        assert "f" not in kinds


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.asvs("12.3.1")
def test_names_inside_the_archive_of_a_run_stay_in_their_folder(world: World) -> None:
    with zipfile.ZipFile(io.BytesIO(world.get(f"/files/runs/{world.ids['hostile']}", "mia").body)) as archive:
        for name in archive.namelist():
            assert not name.startswith("/")
            assert ".." not in name.split("/")
            assert "\\" not in name


@pytest.mark.asvs("12.5.2")
def test_every_download_is_an_attachment_with_a_harmless_name(world: World) -> None:
    run = world.ids["hostile"]
    for path in (
        f"/files/runs/{run}",
        f"/files/runs/{run}/rows?format=csv",
        "/files/datasets/marketing-list?format=csv",
    ):
        answer = world.get(path, "mia")
        said = answer.headers["content-disposition"]
        assert said.startswith("attachment;")
        assert not set(said) & set("<>\r\n/\\")
        assert answer.headers["content-security-policy"].startswith("sandbox")
        assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.asvs("5.3.3")
def test_a_label_with_markup_is_kept_as_text(world: World) -> None:
    answer = world.ask(
        "POST", "/api/v1/runs", "mia", {"model": "marketing-sum", "label": SCRIPT, "reuse": False}
    )
    assert answer.status < 300
    found = world.get(f"/api/v1/runs/{answer.json()['id']}", "mia").json()
    assert found["label"] == SCRIPT


@pytest.mark.asvs("5.5.3")
@pytest.mark.parametrize("name", ["evil.pkl", "evil.joblib", "evil.rds", "evil.jls", "evil.npy", "evil.exe"])
def test_nothing_that_could_hold_code_is_taken_for_a_table(world: World, name: str) -> None:
    import pickle

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            import os

            return os.system, (f"touch {world.data.parent}/unpickled",)

    body = pickle.dumps(Evil())
    begun = world.ask("POST", "/api/v1/uploads", "mia", {"name": name, "bytes": len(body)}).json()
    world.ask("PUT", f"/api/v1/uploads/{begun['id']}?offset=0", "mia", body)
    answer = world.ask("POST", f"/api/v1/uploads/{begun['id']}/finish", "mia", {"dataset": "taken"})
    assert answer.status in (400, 422), answer.text
    assert not (world.data.parent / "unpickled").exists()


@pytest.mark.asvs("12.1.2")
def test_a_small_file_that_unpacks_to_gigabytes_is_refused(world: World) -> None:
    """A spreadsheet is a ZIP: its sheet of 3 GB of blanks takes 3 MB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(300):
                sheet.write(b" " * 10_000_000)
    body = packed.getvalue()
    assert len(body) < 5_000_000
    begun = world.ask("POST", "/api/v1/uploads", "mia", {"name": "list.xlsx", "bytes": len(body)}).json()[
        "id"
    ]
    assert world.ask("PUT", f"/api/v1/uploads/{begun}?offset=0", "mia", body).status == 200
    answer = world.ask("POST", f"/api/v1/uploads/{begun}/finish", "mia", {"dataset": "unpacked"})
    assert answer.status in (400, 413, 422), answer.text
    assert answer.json()["error"]["message"]
