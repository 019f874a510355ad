"""Files of the one allowed folder, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import Invalid, Unavailable
from engine.feed_settings import FeedSettings
from engine.parameters.feeds import files


@pytest.fixture
def folder(tmp_path: Path) -> FeedSettings:
    allowed = tmp_path / "allowed"
    (allowed / "rates").mkdir(parents=True)
    (allowed / "rates" / "fx.csv").write_text("rate\n1.08\n")
    (tmp_path / "secret.csv").write_text("rate\n9\n")
    return FeedSettings(feed_folder=allowed, feed_limit_mb=1)


def test_a_file_of_the_folder_is_read(folder: FeedSettings) -> None:
    assert files.read("rates/fx.csv", folder)[0] == b"rate\n1.08\n"


@pytest.mark.parametrize(
    "path",
    ["../secret.csv", "rates/../../secret.csv", "/etc/passwd", "rates\\fx.csv", "", ".", "a\0b", "rates/\n"],
)
def test_a_path_out_of_the_folder_is_refused(folder: FeedSettings, path: str) -> None:
    with pytest.raises(Invalid, match=r"no path below|is no file"):
        files.read(path, folder)


def test_links_are_not_followed_neither_as_file_nor_on_the_way(folder: FeedSettings, tmp_path: Path) -> None:
    assert folder.feed_folder is not None
    (folder.feed_folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder.feed_folder / "out").symlink_to(tmp_path)
    for path in ("link.csv", "out/secret.csv"):
        with pytest.raises(Invalid, match="link"):
            files.read(path, folder)


def test_pipes_and_folders_are_no_files_and_block_nothing(folder: FeedSettings) -> None:
    assert folder.feed_folder is not None
    os.mkfifo(folder.feed_folder / "pipe")
    for path in ("pipe", "rates"):
        with pytest.raises(Invalid, match="is no file"):
            files.read(path, folder)


def test_a_file_that_is_too_large_or_not_there_is_a_sentence(folder: FeedSettings) -> None:
    assert folder.feed_folder is not None
    (folder.feed_folder / "big.csv").write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(Invalid, match="more than 1 MB"):
        files.read("big.csv", folder)
    with pytest.raises(Unavailable, match=r"no file “none\.csv”"):
        files.read("none.csv", folder)


def test_without_a_folder_no_file_is_read() -> None:
    with pytest.raises(Invalid, match="QUARTERDECK_FEED_FOLDER"):
        files.read("x.csv", FeedSettings())


def test_a_changed_file_is_noticed(folder: FeedSettings) -> None:
    assert folder.feed_folder is not None
    before = files.stamp("rates/fx.csv", folder)
    (folder.feed_folder / "rates" / "fx.csv").write_text("rate\n1.0912\n")
    assert before
    assert files.stamp("rates/fx.csv", folder) != before
    assert files.stamp("../secret.csv", folder) == ""
