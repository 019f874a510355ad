"""Who one is, and one's API tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from app import state
from app.api import shapes
from app.api.acting import Acting
from auth.tokens import DAYS

router = APIRouter(tags=["people"])


class RoleOut(shapes.Shape):
    """A role, and where it is held."""

    role: str
    department: str = Field(description="Empty: everywhere.")


class MeOut(shapes.Shape):
    """Who the request acts as."""

    id: str
    name: str
    kind: str = Field(description="person or token.")
    roles: list[RoleOut]


class TokenOut(shapes.Shape):
    """An API token without its text; empty lists mean all of the account's."""

    id: str
    account: str
    title: str
    state: str = Field(description="active, expired or revoked.")
    roles: list[str]
    departments: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = Field(None, description="The last use, to ten minutes.")
    revoked_at: datetime | None = None


class TokenMade(TokenOut):
    """A new token with its text, which is never shown again."""

    token: str = Field(description="Send it as `Authorization: Bearer qd_…`.")


class TokenRequest(shapes.Shape):
    """A token to make."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(description="What it is for.", max_length=200)
    days: int = Field(DAYS, description="Days until it ends.")
    roles: list[str] = Field([], description="Only these roles; empty: all of one's own.", max_length=50)
    departments: list[str] = Field([], description="Only in these; empty: wherever one may.", max_length=200)


@router.get("/me", summary="Who one is")
async def who_am_i(actor: Acting) -> MeOut:
    """The account that the session or token stands for, with the roles that count for this request."""
    held = sorted((grant.role, grant.department) for grant in actor.grants)
    roles = [RoleOut(role=role, department=department) for role, department in held]
    return MeOut(id=actor.id, name=actor.name, kind=actor.kind, roles=roles)


@router.get("/tokens", summary="List API tokens")
def list_tokens(
    actor: Acting,
    everybody: Annotated[bool, Query(description="All people's, for those who manage sign-ins.")] = False,
) -> shapes.Listing[TokenOut]:
    """One's own, the newest first, ended ones included. Not for tokens themselves."""
    tokens = state.auth().tokens
    found = tokens.list(actor) if everybody else tokens.mine(actor)
    return shapes.Listing(items=[TokenOut.model_validate(one) for one in found], total=len(found))


@router.post("/tokens", status_code=201, summary="Make an API token")
def create_token(actor: Acting, request: TokenRequest) -> TokenMade:
    """Its text is in this answer only. A token cannot make tokens: sign in yourself."""
    made, text = state.auth().tokens.create(
        actor, request.title, days=request.days, roles=request.roles, departments=request.departments
    )
    return TokenMade(**TokenOut.model_validate(made).model_dump(), token=text)


@router.delete("/tokens/{token}", summary="Revoke an API token")
def revoke_token(actor: Acting, token: str, reason: Annotated[str, Query(max_length=500)] = "") -> TokenOut:
    """It ends at once. One's own, or anybody's for those who manage sign-ins."""
    return TokenOut.model_validate(state.auth().tokens.revoke(actor, token, reason))
