"""Parts of a service that are made when they are first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any, Self, TypeVar, overload

Made = TypeVar("Made")


class part(cached_property[Made]):
    """A ``cached_property`` of which there is one, also when several threads ask first.

    Since Python 3.12 the standard library's own makes one for each of them.
    """

    def __init__(self, make: Callable[[Any], Made]) -> None:
        super().__init__(make)
        self._making = threading.RLock()

    @overload
    def __get__(self, whole: None, kind: type[Any] | None = None) -> Self: ...
    @overload
    def __get__(self, whole: object, kind: type[Any] | None = None) -> Made: ...
    def __get__(self, whole: object, kind: type[Any] | None = None) -> Any:
        """The part; the decorator itself when asked of the class."""
        with self._making:
            return super().__get__(whole, kind)
