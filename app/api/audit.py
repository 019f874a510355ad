"""The audit log: search, verify, export, anchors; erasing a person's values and pruning for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict, Field
from starlette.responses import StreamingResponse

from app import state
from app.api import shapes
from app.api.acting import Acting
from app.api.files import HEADERS
from auth.audit.asking import asked
from auth.audit.search import Search

router = APIRouter(tags=["audit"])
downloads = APIRouter(tags=["audit"])


class EntryOut(shapes.Shape):
    """One entry of the log."""

    seq: int = Field(description="Its number; without gaps.")
    at: datetime
    actor: str = Field(description="Id of the account.")
    actor_name: str
    kind: str = Field(description="person, token, schedule or system.")
    via: str = Field(description="page, api, cli, schedule or system.")
    credential: str = Field(description="Id of the session or token.")
    request: str
    action: str = Field(description="The event's name, or the permission that was refused.")
    object_kind: str
    object_id: str
    department: str | None
    result: str = Field(description="done, refused or failed.")
    reason: str
    details: dict[str, Any] = Field(description="The event's fields; `old` and `new` among them.")
    where: dict[str, str | None] = Field(
        description="Personal values: address, what was typed; null: erased."
    )
    hash: str


class EntriesOut(shapes.Shape):
    """A page of entries, newest first."""

    entries: list[EntryOut]
    before: int | None = Field(description="Ask for the next page with it; null: there is none.")


class FindingOut(shapes.Shape):
    """Something that is not as it was written."""

    entry: int | None
    sentence: str


class ReportOut(shapes.Shape):
    """What verifying found."""

    ok: bool
    sentence: str
    entries: int
    first: int
    last: int
    hash: str = Field(description="Of the newest entry: write it down elsewhere.")
    anchors: int
    pruned: int
    erased: int
    expired: int
    seconds: float
    findings: list[FindingOut] = Field(description="The first hundred.")
    findings_total: int
    warnings: list[str]


class AnchorOut(shapes.Shape):
    """A signed anchor."""

    number: int
    at: str
    seq: int
    hash: str
    before: str
    signature: str


class PruneRequest(shapes.Shape):
    """Which entries go: those older than so many days."""

    model_config = ConfigDict(extra="forbid")

    keep_days: int = Field(description="Entries of the last so many days stay; at least 30.")
    reason: str = Field(max_length=2000)
    even_damaged: bool = False


class PrunedOut(shapes.Shape):
    """What was exported and removed."""

    entries: int
    through: int
    files: list[str]


class ForgetRequest(shapes.Shape):
    """Whose values are erased, and why."""

    model_config = ConfigDict(extra="forbid")

    account: str = Field(description="Id of the account.", max_length=300)
    reason: str = Field(max_length=2000)


class ForgottenOut(shapes.Shape):
    """How many values were erased."""

    values: int


def _asked(
    since: Annotated[str, Query(description="From this day or time on (ISO 8601).", max_length=40)] = "",
    until: Annotated[str, Query(description="To the end of this day, or to this time.", max_length=40)] = "",
    person: Annotated[str, Query(description="Sign-in name or id.", max_length=300)] = "",
    action: Annotated[str, Query(max_length=300)] = "",
    object_kind: Annotated[str, Query(max_length=300)] = "",
    object_id: Annotated[str, Query(description="With * at the end: its start.", max_length=300)] = "",
    result: Annotated[str, Query(description="done, refused or failed.", max_length=20)] = "",
    department: Annotated[str, Query(max_length=300)] = "",
) -> Search:
    return asked(
        state.auth(),
        since=since,
        until=until,
        person=person,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        result=result,
        department=department,
    )


Wanted = Annotated[Search, Depends(_asked)]
Form = Annotated[Literal["csv", "jsonl"], Query(alias="format", description="csv or jsonl.")]


@router.get("/audit", summary="Search the audit log")
def search_audit(
    actor: Acting,
    wanted: Wanted,
    before: Annotated[int | None, Query(description="`before` of the page before.", ge=0, le=2**62)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> EntriesOut:
    """Entries, newest first."""
    return EntriesOut.model_validate(state.auth().audit.search(actor, wanted, before=before, limit=limit))


@router.get("/audit/entries/{number}", summary="One entry of the audit log")
def audit_entry(actor: Acting, number: int) -> EntryOut:
    """The entry of that number."""
    return EntryOut.model_validate(state.auth().audit.entry(actor, number))


STREAMED: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": {200: {"content": {"text/csv": {}, "application/jsonl": {}}}},
}


@router.get("/audit/export", summary="Export the audit log", **STREAMED)
@downloads.get("/files/audit", summary="Export the audit log", operation_id="audit_file", **STREAMED)
def export_audit(actor: Acting, wanted: Wanted, form: Form = "csv") -> StreamingResponse:
    """Everything that the search finds, oldest first, as CSV or JSON lines."""
    from auth.audit.export import FORMS

    pieces = state.auth().audit.export(actor, wanted, form)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="audit.{form}"'}
    return StreamingResponse(pieces, media_type=FORMS[form], headers=headers)


@router.post("/audit/verify", summary="Verify the audit log")
def verify_audit(actor: Acting) -> ReportOut:
    """Walk the whole chain; a long log takes a while (about 50,000 entries a second)."""
    report = state.auth().audit.verify(actor)
    told = {name: getattr(report, name) for name in ReportOut.model_fields if hasattr(report, name)}
    found = [FindingOut.model_validate(one) for one in report.findings.listed]
    return ReportOut(**{**told, "findings": found, "findings_total": report.findings.total})


@router.post("/audit/anchors", summary="Write an anchor")
def write_anchor(actor: Acting) -> AnchorOut | None:
    """A signed line with the newest entry's hash; null when nothing came since the last one."""
    made = state.auth().audit.anchor(actor)
    return None if made is None else AnchorOut.model_validate(made)


@router.post("/audit/prune", summary="Export and remove old entries")
def prune_audit(actor: Acting, request: PruneRequest) -> PrunedOut:
    """Behind signed checkpoints; the files stay in the data folder."""
    done = state.auth().audit.prune(
        actor, request.keep_days, request.reason, even_damaged=request.even_damaged
    )
    return PrunedOut.model_validate(done)


@router.post("/audit/forget", summary="Erase a person's values beside the log")
def forget_person(actor: Acting, request: ForgetRequest) -> ForgottenOut:
    """Addresses and typed names; the chain still verifies."""
    return ForgottenOut(values=state.auth().audit.erase(actor, request.account, request.reason))
