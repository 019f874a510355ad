"""Frames on the socket between the pool and a worker: four bytes of length, then one JSON object."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

FRAME_LIMIT = 64 << 20
_CHUNK = 1 << 16
_length = struct.Struct(">I")
_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
).encode
_decode = json.JSONDecoder().decode


class WireError(Exception):
    """The other side does not speak the protocol."""


def pack(message: dict[str, Any]) -> bytes:
    """One frame. Raises WireError above 64 MiB, ValueError for NaN or infinity outside a string."""
    # a lone surrogate (possible in Python strings, not in UTF-8) must not take the worker down
    body = _encode(message).encode("utf-8", "replace")
    if len(body) > FRAME_LIMIT:
        raise WireError(
            f"a message of {len(body)} bytes is over the limit of {FRAME_LIMIT}; use a file for it"
        )
    return _length.pack(len(body)) + body


class Connection:
    """A connected socket that speaks in frames. One reader at a time; writers take turns by themselves."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._buffer = bytearray()

    def fileno(self) -> int:
        """Descriptor of the socket, for select."""
        return self.sock.fileno()

    def send(self, message: dict[str, Any]) -> None:
        """Send one message. Raises OSError when the other side is gone."""
        self.sock.sendall(pack(message))

    def receive(self) -> dict[str, Any] | None:
        """The next message; None when the other side closed. Honours the socket's time limit (TimeoutError)."""
        while True:
            message = self.buffered()
            if message is not None:
                return message
            chunk = self.sock.recv(_CHUNK if not self._buffer else max(_CHUNK, self._missing()))
            if not chunk:
                return None
            self._buffer += chunk

    def poll(self) -> dict[str, Any] | None:
        """A message that has already arrived, without waiting; None when there is none yet.

        Raises EOFError when the other side closed.
        """
        message = self.buffered()
        if message is not None:
            return message
        try:
            chunk = self.sock.recv(_CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        if not chunk:
            raise EOFError
        self._buffer += chunk
        return self.buffered()

    def close(self) -> None:
        """Close the socket; the other side sees the end."""
        self.sock.close()

    def _missing(self) -> int:
        if len(self._buffer) < 4:
            return 4
        return int(_length.unpack_from(self._buffer)[0]) + 4 - len(self._buffer)

    def buffered(self) -> dict[str, Any] | None:
        """A complete message among the bytes read so far, if any."""
        buffer = self._buffer
        if len(buffer) < 4:
            return None
        end = int(_length.unpack_from(buffer)[0]) + 4
        if end - 4 > FRAME_LIMIT:
            raise WireError(f"a message of {end - 4} bytes was announced; the limit is {FRAME_LIMIT}")
        if len(buffer) < end:
            return None
        body = buffer[4:end].decode()
        del buffer[:end]
        try:
            message = _decode(body)
        except ValueError as error:
            raise WireError(f"a message is not JSON: {error}") from error
        if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
            raise WireError("a message is not an object with a kind")
        return message


def connect(path: str) -> Connection:
    """Connect to the pool's socket."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.connect(path)
    return Connection(sock)
