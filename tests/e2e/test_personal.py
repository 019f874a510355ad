"""Personal data in the browser: suggested after an upload, confirmed by a person, masked for everybody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.e2e.pages import Pages

PEOPLE = "customer,e_mail,units\n" + "".join(f"C{n},ada{n}@canary.example,{n}\n" for n in range(1, 9))


def test_confirmed_columns_are_masked_for_who_may_not_see_them(
    new_pages: Callable[..., Pages], tmp_path: Path
) -> None:
    file = tmp_path / "Our people.csv"
    file.write_text(PEOPLE)
    steward = new_pages()
    steward.open("/datasets")
    steward.page.get_by_text("Upload a new dataset").click()
    steward.page.wait_for_timeout(500)
    steward.upload(file)
    steward.page.wait_for_url("**dataset=our-people**")
    steward.sees("Looks like personal data, and nobody has said yet")
    steward.sees("ada1@canary.example")
    steward.press("Confirm")
    steward.sees("You see personal data")
    steward.sees("ada1@canary.example")

    viewer = new_pages(who="vera", roles=("viewer@Marketing",))
    viewer.open("/datasets?dataset=our-people")
    viewer.sees("Masked for you")
    viewer.page.get_by_text("•••", exact=True).first.wait_for()
    assert "canary.example" not in viewer.page.content()
    with viewer.page.expect_download() as waiting:
        viewer.page.get_by_role("link", name="CSV").first.click()
    saved = Path(waiting.value.path()).read_text()
    assert saved.splitlines()[:2] == ["customer,e_mail,units", "C1,•••,1"]
    assert "canary" not in saved
    viewer.choose("Column", "e_mail")
    viewer.type("Value", "ada")
    viewer.sees("is masked for you")
