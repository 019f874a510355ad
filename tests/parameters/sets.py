"""A model with a guarded field, and the people who change, approve and only look at its parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auth.service import Auth
from engine.access import LOCAL_ADMIN, Actor, Grant

MODEL, SET = "pricing", "summer"
HOME, OTHER = "Procurement", "Marketing"
MANIFEST = """
manifest = 1
[model]
name = "pricing"
title = "Pricing"
department = "Procurement"
language = "python"
entry = "model.py:price"
summary = "Adds up."
deterministic = true

[fields.margin]
type = "percent"
title = "Margin"
group = "Prices"
default = 20.0
guarded = true

[fields.floor]
type = "number"
title = "Price floor"
group = "Prices"
default = 1.0
maximum = 100

[fields.list_price]
type = "number"
title = "List price"
group = "Prices"
default = 10.0

[fields.weeks]
type = "integer"
title = "Weeks ahead"
unit = "weeks"
default = 13
minimum = 1

[[rules]]
check = "floor <= list_price"
message = "The price floor must not be above the list price."

[outputs.total]
kind = "metric"
"""
SOURCE = "def price(margin, floor, list_price, weeks):\n    return {'total': margin + floor + list_price + weeks}\n"


def add_model(auth: Auth, folder: Path) -> None:
    """Register the model for its department."""
    folder.mkdir(parents=True)
    (folder / "model.toml").write_text(MANIFEST, "utf-8")
    (folder / "model.py").write_text(SOURCE, "utf-8")
    for name in (HOME, OTHER):
        auth.accounts.add_department(LOCAL_ADMIN, name)
    auth.engine.catalog.register(LOCAL_ADMIN, folder, promote=True)


def person(auth: Auth, name: str, *roles: str, department: str = HOME) -> Actor:
    """Somebody with an account."""
    grants = [Grant(role, department) for role in roles]
    made, _ = auth.accounts.create(LOCAL_ADMIN, name, name.title(), grants=grants, invite=False)
    return auth.accounts.actor_of(made.id)


def submit(auth: Auth, actor: Actor, values: dict[str, Any], **more: Any) -> Any:
    """A version of the summer prices, with a reason."""
    return auth.engine.sets.submit(
        actor, MODEL, more.pop("name", SET), values, **{"reason": "Because.", **more}
    )
