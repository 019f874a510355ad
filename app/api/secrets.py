"""Stored secrets: which there are. A value goes in and never comes out here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field, SecretStr

from app import state
from app.api import shapes
from app.api.acting import Acting

router = APIRouter(tags=["secrets"])


class SecretOut(shapes.Shape):
    """What is shown of a secret; its value never is."""

    name: str
    department: str | None = Field(
        None, description="Whose models may be given it; null: every department's."
    )
    description: str
    created_at: datetime
    changed_at: datetime
    changed_by: str = Field(description="Id of an account.")
    lost: bool = Field(description="Its value was lost with a master key: set it again.")


class SecretRequest(shapes.Shape):
    """A secret to store or replace."""

    model_config = ConfigDict(extra="forbid")

    value: SecretStr = Field(description="4 characters to 64 KB.")
    department: str | None = Field(
        None, description="Whose models may be given it; null: every department's."
    )
    description: str = Field("", max_length=500)
    reason: str = Field("", max_length=500, description="Kept in the audit log.")


@router.get("/secrets", summary="List secrets")
def list_secrets(
    actor: Acting,
    usable_in: Annotated[
        str | None, Query(description="Only those that one may give to a model of this department.")
    ] = None,
) -> shapes.Listing[SecretOut]:
    """Names and what they are for, never values."""
    secrets = state.auth().secrets
    found = secrets.list(actor) if usable_in is None else secrets.choices(actor, usable_in)
    return shapes.Listing(items=[SecretOut.model_validate(one) for one in found], total=len(found))


@router.get("/secrets/{secret}", summary="Show a secret, without its value")
def show_secret(actor: Acting, secret: str) -> SecretOut:
    """Its department, what it is for, when it was changed and by whom."""
    return SecretOut.model_validate(state.auth().secrets.get(actor, secret))


@router.put("/secrets/{secret}", summary="Store a secret")
def set_secret(actor: Acting, secret: str, request: SecretRequest) -> SecretOut:
    """Store it, or replace its value, department and description. Who set it last is told."""
    stored = state.auth().secrets.set(
        actor,
        secret,
        request.value.get_secret_value(),
        department=request.department,
        description=request.description,
        reason=request.reason,
    )
    return SecretOut.model_validate(stored)


@router.delete("/secrets/{secret}", status_code=204, summary="Remove a secret")
def remove_secret(actor: Acting, secret: str, reason: Annotated[str, Query(max_length=500)] = "") -> None:
    """Runs that name it fail from now on, with a sentence."""
    state.auth().secrets.remove(actor, secret, reason)
