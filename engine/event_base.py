"""What an event is: its name, what it is about, who may hear of it, what of it is personal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

EVENTS: dict[str, type[Event]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base: ``object_kind`` says what kind of object it is about, ``about`` which field holds its id.

    ``audited`` events make an entry of the audit log in the same transaction; fields named ``old``, ``new``
    and ``reason`` are shown as such there, those in ``personal`` go to the erasable side table.
    ``needs`` is the permission without which nobody may follow the event. ``result`` is what the audit log
    says came of it: done, or failed (a sign-in that was not let in).
    """

    name: ClassVar[str] = ""
    object_kind: ClassVar[str] = ""
    about: ClassVar[str] = ""
    audited: ClassVar[bool] = True
    needs: ClassVar[str] = ""
    personal: ClassVar[frozenset[str]] = frozenset()
    result: ClassVar[str] = "done"

    @property
    def object_id(self) -> str:
        """Id of the object that the event is about: the field that ``about`` names."""
        return str(getattr(self, self.about))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.name:
            if cls.name in EVENTS:
                raise ValueError(f"event {cls.name} is defined twice")
            EVENTS[cls.name] = cls

    def data(self) -> dict[str, Any]:
        """The documented fields, ready for JSON; personal ones are left to the audit log's side table."""
        return {key: value for key, value in asdict(self).items() if key not in self.personal}

    def audited_for(self, kind: str) -> bool:
        """Does it make an audit entry when an actor of this kind caused it?"""
        return self.audited
