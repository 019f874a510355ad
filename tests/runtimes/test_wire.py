from __future__ import annotations

import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.runtimes.quarterdeck_worker.wire import FRAME_LIMIT, Connection, WireError, pack

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


def pair() -> tuple[Connection, Connection]:
    ours, theirs = socket.socketpair()
    return Connection(ours), Connection(theirs)


@given(st.dictionaries(st.sampled_from("abc"), JSON))
def test_what_is_sent_arrives(fields: dict[str, Any]) -> None:
    ours, theirs = pair()
    message = {"kind": "call", **fields}
    ours.send(message)
    assert theirs.receive() == message
    ours.close()
    assert theirs.receive() is None
    theirs.close()


def test_frames_in_pieces_and_several_at_once() -> None:
    ours, theirs = pair()
    first, second = pack({"kind": "a", "text": "ä" * 100}), pack({"kind": "b"})
    together = first + second + first
    for n in range(0, len(together), 7):
        ours.sock.sendall(together[n : n + 7])
    assert [theirs.receive()["kind"] for _ in range(3)] == ["a", "b", "a"]  # type: ignore[index]
    assert theirs.poll() is None
    ours.close()
    with pytest.raises(EOFError):
        theirs.poll()


def test_large_frames_do_not_deadlock() -> None:
    ours, theirs = pair()
    message = {"kind": "result", "text": "x" * (3 << 20)}
    sender = threading.Thread(target=ours.send, args=(message,))
    sender.start()
    assert theirs.receive() == message
    sender.join()


@pytest.mark.parametrize("body", [b"[1]", b"{}", b"{", b'{"kind": 3}'])
def test_not_the_protocol(body: bytes) -> None:
    ours, theirs = pair()
    ours.sock.sendall(len(body).to_bytes(4, "big") + body)
    with pytest.raises(WireError):
        theirs.receive()


def test_an_announced_giant_is_refused() -> None:
    ours, theirs = pair()
    ours.sock.sendall((FRAME_LIMIT + 1).to_bytes(4, "big"))
    with pytest.raises(WireError, match="limit"):
        theirs.receive()


def test_numbers_that_json_has_not_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        pack({"kind": "result", "value": float("nan")})
