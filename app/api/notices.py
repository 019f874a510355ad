"""One's own notices, which of them come by mail, and the mail that is on its way."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from app import state
from app.api import shapes
from app.api.acting import Acting

router = APIRouter(tags=["notices"])


class NoticeOut(shapes.Shape):
    """A notice."""

    id: str
    at: datetime
    kind: str
    title: str
    body: str
    link: str = Field(description="A path of this server; empty: none.")
    read_at: datetime | None = Field(None, description="Null: unread.")


class ReadRequest(shapes.Shape):
    """Which notices have been read."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] | None = Field(None, description="Null: all of one's own.", max_length=1000)


class ReadOut(shapes.Shape):
    """How many were unread before."""

    read: int


class MailOut(shapes.Shape):
    """A mail of the outbox, without its text."""

    id: str
    state: str = Field(description="waiting, sent or failed (given up).")
    recipient: str
    subject: str
    created_at: datetime
    next_at: datetime
    attempts: int
    error: str
    sent_at: datetime | None = None


class TestRequest(shapes.Shape):
    """Where to send a test mail."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(max_length=254)


class TestOut(shapes.Shape):
    """What came of it, in words."""

    ok: bool
    sentence: str


@router.get("/notices", summary="List one's own notices")
def list_notices(
    actor: Acting,
    unread: Annotated[bool, Query(description="Only unread ones.")] = False,
    before: Annotated[str | None, Query(description="The last id of the page before.", max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> shapes.Listing[NoticeOut]:
    """Newest first; ``total`` is the number of unread ones."""
    notify = state.engine().notify
    found = notify.list(actor, unread=unread, before=before, limit=limit)
    return shapes.Listing(items=[NoticeOut.model_validate(one) for one in found], total=notify.unread(actor))


@router.post("/notices/read", summary="Mark notices as read")
def read_notices(actor: Acting, request: ReadRequest) -> ReadOut:
    """One's own only."""
    return ReadOut(read=state.engine().notify.read(actor, request.ids))


@router.get("/notices/mailed", summary="Which notices come by mail")
def mailed_notices(actor: Acting) -> dict[str, bool]:
    """Kind of notice → by mail."""
    return state.engine().notify.preferences(actor)


@router.put("/notices/mailed", summary="Choose which notices come by mail")
def choose_mailed(actor: Acting, request: dict[str, bool]) -> dict[str, bool]:
    """Those about the safety of the account always come."""
    return state.engine().notify.set_preferences(actor, request)


@router.get("/mail", summary="List the outbox")
def list_mail(
    actor: Acting,
    state_: Annotated[Literal["waiting", "sent", "failed"] | None, Query(alias="state")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> shapes.Listing[MailOut]:
    """Mails on their way, given up and sent lately; never their texts."""
    found = state.engine().notify.outbox(actor, state_, limit)
    return shapes.Listing(items=[MailOut.model_validate(one) for one in found], total=len(found))


@router.post("/mail/{mail}/retry", status_code=204, summary="Try a waiting mail now")
def retry_mail(actor: Acting, mail: str) -> None:
    """Where the mail server was mended meanwhile."""
    state.engine().notify.retry(actor, mail)


@router.post("/mail/test", summary="Send a test mail")
def test_mail(actor: Acting, request: TestRequest) -> TestOut:
    """Sent at once with the stored settings; the answer says in words what happened."""
    return TestOut.model_validate(state.engine().notify.test(actor, request.address))
