"""Uploads in parts: resumable, hashed, limited."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.uploads import OutOfStep, TooLarge, Uploads, safe_name
from engine.access import LOCAL_ADMIN, Actor
from engine.errors import Conflict, Invalid, NotFound, Unavailable
from engine.settings import Settings
from engine.store.blobs import hash_bytes

ME = LOCAL_ADMIN


@pytest.fixture
def uploads(settings: Settings) -> Uploads:
    return Uploads(settings)


def _send(uploads: Uploads, upload_id: str, offset: int, data: bytes) -> None:
    claimed = uploads.claim(ME, upload_id, offset)
    try:
        uploads.write(claimed, data)
    finally:
        uploads.release(claimed)


def test_parts_make_the_whole_and_its_hash(uploads: Uploads) -> None:
    begun = uploads.begin(ME, "sales.csv", 6)
    _send(uploads, begun.id, 0, b"abc")
    _send(uploads, begun.id, 3, b"def")
    whole = uploads.get(ME, begun.id)
    assert whole.path.read_bytes() == b"abcdef"
    assert uploads.complete(whole, hash_bytes(b"abcdef")) == hash_bytes(b"abcdef")


def test_it_goes_on_after_a_restart_of_the_server(uploads: Uploads, settings: Settings) -> None:
    begun = uploads.begin(ME, "sales.csv")
    _send(uploads, begun.id, 0, b"abc")
    again = Uploads(settings)
    assert again.get(ME, begun.id).offset == 3
    _send(again, begun.id, 3, b"def")
    assert again.complete(again.get(ME, begun.id)) == hash_bytes(b"abcdef")


def test_a_part_at_the_wrong_place_is_refused_and_says_where_to_go_on(uploads: Uploads) -> None:
    begun = uploads.begin(ME, "sales.csv")
    _send(uploads, begun.id, 0, b"abc")
    with pytest.raises(OutOfStep, match="Go on from 3") as refused:
        _send(uploads, begun.id, 0, b"abc")
    assert refused.value.as_json()["error"]["offset"] == 3


def test_two_parts_at_once_are_refused(uploads: Uploads) -> None:
    begun = uploads.begin(ME, "sales.csv")
    uploads.claim(ME, begun.id, 0)
    with pytest.raises(Conflict, match="Another part"):
        uploads.claim(ME, begun.id, 0)


def test_the_limit_is_a_sentence(uploads: Uploads) -> None:
    with pytest.raises(TooLarge, match=r"“big\.csv” is larger than 4 MB"):
        uploads.begin(ME, "big.csv", 5 << 20)
    begun = uploads.begin(ME, "big.csv")
    with pytest.raises(TooLarge):
        _send(uploads, begun.id, 0, bytes(5 << 20))
    assert uploads.get(ME, begun.id).offset == 0


def test_more_or_less_than_announced_is_refused(uploads: Uploads) -> None:
    begun = uploads.begin(ME, "sales.csv", 3)
    with pytest.raises(Invalid, match="announced with 3 bytes"):
        _send(uploads, begun.id, 0, b"abcd")
    _send(uploads, begun.id, 0, b"ab")
    with pytest.raises(Invalid, match="Only 2 of 3 bytes"):
        uploads.complete(uploads.get(ME, begun.id))


def test_damage_on_the_way_is_found(uploads: Uploads) -> None:
    begun = uploads.begin(ME, "sales.csv")
    _send(uploads, begun.id, 0, b"abc")
    with pytest.raises(Invalid, match="came damaged"):
        uploads.complete(uploads.get(ME, begun.id), hash_bytes(b"abd"))


def test_another_persons_upload_is_not_found(uploads: Uploads) -> None:
    begun = uploads.begin(ME, "sales.csv")
    with pytest.raises(NotFound):
        uploads.get(Actor(id="somebody-else"), begun.id)


@pytest.mark.parametrize("upload_id", ["../../etc", "", "NOTHERE", "01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_unknown_uploads_are_not_found(uploads: Uploads, upload_id: str) -> None:
    with pytest.raises(NotFound):
        uploads.get(ME, upload_id)


def test_abandoned_uploads_are_removed(uploads: Uploads) -> None:
    begun = uploads.begin(ME, "sales.csv")
    assert uploads.remove_abandoned(older_than_seconds=3600) == 0
    assert uploads.remove_abandoned(older_than_seconds=-1) == 1
    with pytest.raises(NotFound):
        uploads.get(ME, begun.id)


def test_too_little_space_is_a_sentence(settings: Settings) -> None:
    full = Uploads(settings.model_copy(update={"free_space_floor_mb": 1 << 40}))
    with pytest.raises(Unavailable, match="MB are free"):
        full.begin(ME, "sales.csv", 10)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("sales 2026 (1).csv", "sales 2026 (1).csv"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\me\Umsätze.xlsx", "Umsätze.xlsx"),
        ("销售.csv", "销售.csv"),
        ("a\x00b\n.csv", "a_b_.csv"),
        ("..", "upload"),
        ("", "upload"),
    ],
)
def test_file_names_are_made_safe(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_nothing_is_left_in_another_folder(uploads: Uploads, tmp_path: Path) -> None:
    uploads.begin(ME, "../../../../outside.csv")
    assert not list(tmp_path.glob("outside*"))
