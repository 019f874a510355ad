"""The kinds of notices: what a person may choose to get by mail, and what they always get."""

from __future__ import annotations

from dataclasses import dataclass

from engine.notify.words import word


@dataclass(frozen=True)
class Kind:
    """A kind of notice. ``mail``: by mail unless the person says no; ``always``: they cannot say no (security)."""

    name: str
    mail: bool = True
    always: bool = False

    @property
    def title(self) -> str:
        """What the settings of a person's account call it."""
        return word(f"{self.name}.kind")


_ALL = (
    Kind("run-failed"),
    Kind("params-review"),
    Kind("params-decided"),
    Kind("feed-waits"),
    Kind("feed-failed"),
    Kind("feed-paused"),
    Kind("secret-changed"),
    Kind("role-changed"),
    Kind("token-made", always=True),
    Kind("new-device", always=True),
    Kind("password-changed", always=True),
    Kind("second-factor-changed", always=True),
    Kind("account-locked", always=True),
    Kind("audit-damaged", always=True),
    Kind("mail-failed", mail=False),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}


def kind_of(name: str) -> Kind:
    """A kind; an unregistered one is mailed unless the person says no."""
    return KINDS.get(name) or Kind(name)
