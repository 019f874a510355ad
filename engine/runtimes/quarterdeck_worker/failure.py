"""The one exception that an adapter raises to answer a load or call with ``failed`` (see PROTOCOL.md)."""

from __future__ import annotations


class Failure(Exception):
    """``reason`` is one of the protocol's words; the message is for a person; ``trace`` is the model's own."""

    def __init__(self, reason: str, message: str, *, type: str = "", trace: str = "") -> None:
        super().__init__(message)
        self.reason, self.message, self.type, self.trace = reason, message, type, trace
