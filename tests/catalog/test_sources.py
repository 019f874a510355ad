"""Source trees: the hash is of what is in it, the archive brings back the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.catalog import sources
from engine.errors import Invalid


def digest(folder: Path) -> str:
    return sources.hash_tree(sources.files_of(folder))


def test_what_is_not_source_does_not_count(model: Path) -> None:
    before = digest(model)
    (model / "__pycache__").mkdir()
    (model / "__pycache__" / "price.pyc").write_bytes(b"x")
    (model / ".git").mkdir()
    (model / ".git" / "HEAD").write_text("ref")
    os.utime(model / "price.py", (1, 1))
    assert digest(model) == before


def test_contents_names_and_the_executable_bit_count(model: Path) -> None:
    seen = {digest(model)}
    (model / "price.py").write_text("# changed")
    seen.add(digest(model))
    (model / "price.py").rename(model / "prices.py")
    seen.add(digest(model))
    (model / "prices.py").chmod(0o755)
    seen.add(digest(model))
    assert len(seen) == 4


def test_own_ignore_file(model: Path) -> None:
    before = {f.path for f in sources.files_of(model)}
    (model / ".quarterdeckignore").write_text("# data\n*.csv\n")
    after = {f.path for f in sources.files_of(model)}
    assert before - after == {"golden/sales.csv", "golden/weekly.csv"}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.text("abcäß1._-", min_size=1, max_size=6).filter(lambda n: n.strip(".") and n[0] != "~"),
        st.binary(max_size=50),
        max_size=5,
    )
)
def test_packing_and_unpacking_brings_back_the_tree(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    folder = root / "model"
    folder.mkdir()
    for name, contents in files.items():
        (folder / name).write_bytes(contents)
    found = sources.files_of(folder)
    sources.pack(found, root / "one.tar.gz")
    sources.pack(found, root / "two.tar.gz")
    assert (root / "one.tar.gz").read_bytes() == (root / "two.tar.gz").read_bytes()
    sources.unpack(root / "one.tar.gz", root / "out")
    assert sources.hash_tree(sources.files_of(root / "out")) == sources.hash_tree(found)


def test_links_inside_count_as_files_and_links_outside_are_refused(model: Path, tmp_path: Path) -> None:
    (model / "copy.py").symlink_to("price.py")
    assert "copy.py" in {f.path for f in sources.files_of(model)}
    (tmp_path / "secret").write_text("x")
    (model / "leak").symlink_to(tmp_path / "secret")
    (model / "folder").symlink_to(model / "golden")
    with pytest.raises(Invalid) as raised:
        sources.files_of(model)
    assert {p.where for p in raised.value.problems} == {"leak", "folder"}


def test_a_pipe_is_refused(model: Path) -> None:
    os.mkfifo(model / "pipe")
    with pytest.raises(Invalid, match="pipe is neither a file nor a folder"):
        sources.files_of(model)


def test_too_much_is_refused_with_the_largest_file(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_BYTES", 1 << 20)
    (model / "data.bin").write_bytes(b"0" * (2 << 20))
    with pytest.raises(Invalid, match=r"the largest file is data\.bin \(2 MB\)"):
        sources.files_of(model)


def test_names_that_differ_only_in_case_are_refused(model: Path) -> None:
    (model / "Price.py").write_text("")
    with pytest.raises(Invalid, match="differ only in the case"):
        sources.files_of(model)
