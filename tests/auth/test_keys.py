"""The master keys: sealing is bound to its place, keys come from three places, unsafe ones are refused."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth import key_sources
from auth.key_sources import GivenKeys, Kept, KeyFile, KeysUnsafe, new_key, parsed, written
from auth.keys import Damaged, KeyMissing, KeyRing, KeysLost, context, key_id, to_text
from engine.settings import Settings

ROOT = Path(__file__).parents[2]


def ring(*keys: bytes) -> KeyRing:
    return KeyRing(GivenKeys(" ".join(map(to_text, keys)), "the test"))


@given(st.binary(max_size=2000), st.text(max_size=50))
def test_what_is_sealed_opens_again_in_its_place(value: bytes, place: str) -> None:
    keys = ring(b"k" * 32)
    assert keys.open(keys.seal(value, place), place) == value


def test_a_sealed_value_does_not_open_in_another_place() -> None:
    keys = ring(b"k" * 32)
    sealed = keys.seal("hunter2", context("secret", "sealed", "mine"))
    with pytest.raises(Damaged):
        keys.open(sealed, context("secret", "sealed", "theirs"))


@given(st.integers(min_value=0), st.characters(codec="ascii"))
def test_no_changed_value_opens_as_another_one(place: int, letter: str) -> None:
    keys = ring(b"k" * 32)
    sealed = keys.seal("hunter2", "here")
    n = place % len(sealed)
    changed = sealed[:n] + letter + sealed[n + 1 :]
    with suppress(Damaged, KeyMissing):
        assert keys.open(changed, "here") == b"hunter2"


def test_the_same_value_is_never_sealed_the_same_way_twice() -> None:
    keys = ring(b"k" * 32)
    assert keys.seal("hunter2", "here") != keys.seal("hunter2", "here")


def test_the_newest_key_seals_and_all_of_them_open() -> None:
    old, both = ring(b"a" * 32), ring(b"a" * 32, b"b" * 32)
    assert both.open_text(old.seal("hunter2", "here"), "here") == "hunter2"
    with pytest.raises(KeyMissing, match=key_id(b"b" * 32)):
        old.open(both.seal("hunter2", "here"), "here")


def test_signatures_verify_after_their_key_was_destroyed() -> None:
    old = ring(b"a" * 32)
    signature = old.sign(b"the log")
    half = old.public_half(old.newest)
    assert half is not None
    later = KeyRing(GivenKeys(written(Kept({key_id(b"b" * 32): b"b" * 32}, {old.newest: half})), "the test"))
    assert later.verify(b"the log", signature)
    assert not later.verify(b"another log", signature)
    with pytest.raises(KeyMissing):
        ring(b"b" * 32).verify(b"the log", signature)


def test_a_key_file_is_made_for_its_owner_only(settings: Settings) -> None:
    keys = KeyRing.from_settings(settings)
    path = settings.master_key_path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.is_relative_to(settings.data)
    assert KeyRing.from_settings(settings).ids == keys.ids


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_may_read_is_refused(settings: Settings, mode: int) -> None:
    KeyRing.from_settings(settings)
    settings.master_key_path.chmod(mode)
    with pytest.raises(KeysUnsafe, match="chmod 600"):
        KeyRing.from_settings(settings)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file to another account")
def test_a_key_file_of_another_account_is_refused(settings: Settings) -> None:
    KeyRing.from_settings(settings)
    os.chown(settings.master_key_path, 12345, -1)
    with pytest.raises(KeysUnsafe, match="12345"):
        KeyRing.from_settings(settings)


@pytest.mark.parametrize(
    "text", ["", "# nothing", "c2hvcnQ=", "abcdef12:" + "A" * 43, "x" * 43 + "!", "a:b:c:d"]
)
def test_a_damaged_key_file_is_refused_without_repeating_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(KeysUnsafe) as refused:
        parsed(text, "the test")
    assert not text or text not in refused.value.sentence


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4, unique=True))
def test_a_key_file_reads_as_it_was_written(keys: list[bytes]) -> None:
    kept = Kept({key_id(key): key for key in keys}, {"00000000": b"p" * 32})
    assert parsed(written(kept), "the test") == kept


def test_a_missing_key_is_not_quietly_replaced(settings: Settings) -> None:
    settings.data.mkdir(parents=True)
    known = KeyRing.from_settings(settings).newest
    settings.master_key_path.unlink()
    with pytest.raises(KeysLost, match=known) as lost:
        KeyRing.from_settings(settings)
    assert "give-up-key" in lost.value.sentence
    assert not settings.master_key_path.exists()


def test_two_processes_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "master.key"
    code = (
        "from auth.key_sources import KeyFile; from pathlib import Path; "
        f"f = KeyFile(Path({str(file)!r})); f.make(); print(*f.read().keys)"
    )
    makers = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(4)
    ]
    assert len({maker.communicate()[0] for maker in makers}) == 1
    assert len(KeyFile(file).read().keys) == 1


STARTED = """
import os, subprocess, sys
from engine.settings import Settings
from auth.keys import KeyRing
{before}
print(KeyRing.from_settings(Settings()).newest)
print("QUARTERDECK_MASTER_KEY" in os.environ, "QUARTERDECK_MASTER_KEY_FD" in os.environ)
print(open("/proc/self/environ", "rb").read().find({canary!r}.encode()))
print(subprocess.run(["/usr/bin/env"], capture_output=True, text=True).stdout.find({canary!r}))
print(os.path.exists({file!r}))
"""


def start(settings: Settings, canary: str, environment: dict[str, str], **options: object) -> list[str]:
    code = STARTED.format(before="", canary=canary, file=str(settings.master_key_path))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "QUARTERDECK_DATA_FOLDER": str(settings.data), **environment},
        capture_output=True,
        text=True,
        check=True,
        **options,  # type: ignore[call-overload]
    )
    return str(done.stdout).split()


def test_a_key_from_the_environment_leaves_no_trace_there(settings: Settings) -> None:
    settings.data.mkdir(parents=True)
    name, key = new_key()
    text = to_text(key)
    assert start(settings, text, {key_sources.VARIABLE: text}) == [
        name,
        "False",
        "False",
        "-1",
        "-1",
        "False",
    ]


def test_a_key_from_a_file_descriptor_is_read_once(settings: Settings, tmp_path: Path) -> None:
    settings.data.mkdir(parents=True)
    name, key = new_key()
    file = tmp_path / "key"
    file.write_text(to_text(key))
    with file.open() as source:
        number = source.fileno()
        given = {key_sources.DESCRIPTOR: str(number)}
        found = start(settings, to_text(key), given, pass_fds=(number,))
    assert found == [name, "False", "False", "-1", "-1", "False"]
