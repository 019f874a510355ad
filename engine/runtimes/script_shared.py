"""What the editors of the parameter formats share."""

from __future__ import annotations

from typing import Any

from engine.runtimes.interface import Value
from engine.runtimes.script_text import Span, refused

_SPECIAL = {"Infinity": float("inf"), "-Infinity": float("-inf"), "NaN": float("nan")}


def natural(value: Value) -> Any:
    """The value as JSON and TOML know it."""
    if value.value is None:
        return None
    if value.type == "money":
        amount = value.value["amount"]
        return float(amount) if "." in amount else int(amount)
    if value.type in ("number", "percent"):
        content = value.value
        return _SPECIAL[content] if isinstance(content, str) else content
    if value.type == "list":
        return [natural(Value(str(value.extra.get("item", "text")), item)) for item in value.value]
    return value.value


def equal(old: Any, new: Any) -> bool:
    """Is it the same value, so that its spelling can stay?"""
    return (type(old) is type(new) and old == new) or (_is_number(old) and _is_number(new) and old == new)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def find(members: dict[str, Span], key: str, text: str) -> Span:
    """A member by its path, or by its name where only one has it. Raises CallFailed."""
    if key in members:
        return members[key]
    deep = [span for name, span in members.items() if name.rpartition(".")[2] == key]
    if len(deep) != 1:
        raise absent(key, text, list(members))
    return deep[0]


def absent(key: str, text: str, names: list[str]) -> Exception:
    """The error of a key that a parameter file does not have."""
    shown = ", ".join(dict.fromkeys(names)) or "none"
    return refused(
        f"The parameter file has no “{key}”; it has {shown[:300]}. "
        "Say in script.parameters.keys under which name the script reads it."
    )
