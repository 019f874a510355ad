"""The contents store: one suite for the local folder and for any fsspec address."""

from __future__ import annotations

import io
import os
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import NotFound
from engine.store.blobs import BlobStore, hash_bytes, hash_file, open_store


@pytest.fixture(params=["folder", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobStore]:
    address = str(tmp_path / "blobs") if request.param == "folder" else f"memory://{secrets.token_hex(4)}"
    return open_store(address, tmp_path / "cache")  # type: ignore[return-value]


def test_contents_come_back_by_their_hash(blobs: BlobStore, tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    source = tmp_path / "source.bin"
    source.write_bytes(data)
    names = {blobs.put_bytes(data), blobs.put_file(source), blobs.put_stream(io.BytesIO(data))}
    assert names == {hash_bytes(data)}
    (name,) = names
    assert blobs.open(name).read() == data
    assert hash_file(blobs.local_path(name)) == name
    assert blobs.size(name) == len(data)
    assert [b.hash for b in blobs.iterate()] == [name]
    assert source.exists()


def test_moving_takes_the_file_away(blobs: BlobStore, tmp_path: Path) -> None:
    for _ in range(2):  # the second time the contents are there already
        source = tmp_path / "source.bin"
        source.write_bytes(b"abc")
        assert blobs.open(blobs.put_file(source, move=True)).read() == b"abc"
        assert not source.exists()


def test_what_is_not_there_is_said(blobs: BlobStore) -> None:
    for name in ("0" * 64, "../../etc/passwd", "x"):
        with pytest.raises(NotFound):
            blobs.local_path(name)
    assert not blobs.delete("0" * 64)


def test_deleting_spares_what_was_put_again(blobs: BlobStore) -> None:
    name = blobs.put_bytes(b"abc")
    assert not blobs.delete(name, untouched_since=time.time() - 10)
    assert blobs.exists(name)
    assert blobs.delete(name)
    assert not blobs.exists(name)


def test_a_stored_file_cannot_be_written(tmp_path: Path) -> None:
    blobs = BlobStore(str(tmp_path / "blobs"))
    assert blobs.local_path(blobs.put_bytes(b"abc")).stat().st_mode & 0o777 == 0o444


def test_an_interrupted_writer_leaves_nothing_visible(tmp_path: Path) -> None:
    blobs = BlobStore(str(tmp_path / "blobs"))

    class Breaks(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the network went away")

    with pytest.raises(OSError, match="network"):
        blobs.put_stream(Breaks(b"abc"))
    assert list(blobs.iterate()) == []
    assert os.listdir(tmp_path / "blobs" / "incoming") == []


def test_leftovers_are_cleaned_and_taken_aside_files_come_back(tmp_path: Path) -> None:
    blobs = BlobStore(str(tmp_path / "blobs"))
    name = blobs.put_bytes(b"abc")
    incoming = tmp_path / "blobs" / "incoming"
    blobs.local_path(name).rename(incoming / f"{name}.ab.aside")
    (incoming / "half").write_bytes(b"x")
    assert blobs.clean(older_than_seconds=-1) == 2
    assert blobs.exists(name)
    assert os.listdir(incoming) == []


def test_many_writers_of_the_same_contents(tmp_path: Path) -> None:
    blobs = BlobStore(str(tmp_path / "blobs"))
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(blobs.put_bytes(b"same"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [hash_bytes(b"same")] * 16
    assert len(list(blobs.iterate())) == 1
