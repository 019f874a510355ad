"""One model with a field of every type and of lists of each: what round trips are tried with."""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import strategies as st

from engine.parameters.field_types import FieldBase, ListField
from tests.parameters.making import ALL

SUFFIX = {"python": "py", "r": "R", "julia": "jl"}
# a secret is no value of a set, a file travels as a path
FIELDS = {key.replace("-", "_").replace(" ", "_"): ALL[key] for key in ALL if key not in ("file", "secret")}
FIELDS["rows"] = FIELDS.pop("table")  # a column of whole numbers has 64 bits
FIELDS["rows"] = (
    FIELDS["rows"][0],
    FIELDS["rows"][1].filter(lambda t: all(abs(r[2] or 0) < 2**63 for r in t["rows"])),
)
FIELDS["nth"] = (ALL["integer"][0], st.builds(next, st.just(itertools.count())))  # no two examples are equal


def manifest(language: str) -> str:
    """A model with a field of every type, none of them required; its code is ``models_tiny/echo``."""
    lines = ["manifest = 1", "[model]"]
    entry = f"echo.{SUFFIX[language]}:echo"
    about = {"name": f"echo-{language}", "title": "Echo", "department": "Testing", "language": language}
    about |= {"entry": entry, "summary": "Gives back what it got."}
    lines += [f"{key} = {json.dumps(value)}" for key, value in about.items()]
    for name, (field, _) in FIELDS.items():
        keys = described(field) | {"required": False}
        lines += [f"[fields.{name}]", *(f"{key} = {toml(value)}" for key, value in keys.items())]
    return "\n".join(lines)


def described(field: FieldBase) -> dict[str, Any]:
    """A field as a manifest says it."""
    keys = {"type": field.type, **field.model_dump(exclude_defaults=True)}
    return keys | ({"item": described(field.item)} if isinstance(field, ListField) else {})


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return json.dumps(value)


def spelled(values: dict[str, Any]) -> dict[str, str]:
    """Values as JSON, where −0.0 is not 0.0 and 1 is not 1.0."""
    return {name: json.dumps(value) for name, value in values.items()}
