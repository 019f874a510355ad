"""Tables of people and of how they sign in. Passwords, tokens and links are stored as hashes only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Table, Text, UniqueConstraint
from sqlmodel import Column, Field, SQLModel

from engine.store.base import UtcDateTime, new_id, utc_now


def _time(**options: Any) -> Any:
    return Column(UtcDateTime, **options)


class AccountRow(SQLModel, table=True):
    """A person. ``name`` (what they sign in with) is lower case and unique; an erased one keeps only its id."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True, index=True)
    title: str = ""  # as shown: "Ada Lovelace"
    email: str = ""
    state: str = "active"  # active | disabled | erased
    issuer: str | None = None  # of the identity provider; None: a local account
    subject: str | None = None
    password_hash: str | None = None
    password_at: datetime | None = Field(default=None, sa_column=_time())
    must_change: bool = False
    totp: str | None = Field(default=None, sa_column=Column(Text))  # sealed secret; None: no second factor
    totp_step: int = 0  # the last time step used: a code works once
    recovery: str = Field(default="[]", sa_column=Column(Text, nullable=False))  # hashes of unused codes
    preferences: str = Field(default="{}", sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    created_by: str = ""
    last_sign_in: datetime | None = Field(default=None, sa_column=_time())


class DepartmentRow(SQLModel, table=True):
    """A department that models, datasets and grants name."""

    __tablename__ = "department"

    name: str = Field(primary_key=True)
    created_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))


class GrantRow(SQLModel, table=True):
    """A role of a person in a department; ``department`` empty: everywhere. ``source``: local, or oidc (mapped)."""

    __tablename__ = "role_grant"

    account: str = Field(primary_key=True, foreign_key="account.id")
    role: str = Field(primary_key=True)
    department: str = Field(primary_key=True)
    source: str = Field(default="local", primary_key=True)
    granted_by: str = ""
    at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))


class ShareRow(SQLModel, table=True):
    """A role on one object: ``holder`` is ``person:ID`` or ``department:NAME``."""

    __tablename__ = "share"

    object_kind: str = Field(primary_key=True)
    object_id: str = Field(primary_key=True)
    holder: str = Field(primary_key=True, index=True)
    role: str = Field(primary_key=True)
    shared_by: str = ""
    at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))


class SessionRow(SQLModel, table=True):
    """A sign-in of a browser. ``stage``: full, or what is still to be done (password, totp)."""

    __tablename__ = "session"

    id: str = Field(default_factory=new_id, primary_key=True)
    token_hash: str = Field(unique=True, index=True)
    account: str = Field(index=True, foreign_key="account.id")
    stage: str = "full"
    method: str = "password"  # password | oidc
    address: str = ""
    agent: str = ""
    created_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    active_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    expires_at: datetime = Field(sa_column=_time(nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=_time())
    oidc_sid: str = ""
    oidc_hint: str | None = Field(default=None, sa_column=Column(Text))  # sealed id token, for signing out


class TokenRow(SQLModel, table=True):
    """An API token: acts as its account, cut down to ``roles`` and ``departments`` (JSON lists; empty: all)."""

    __tablename__ = "api_token"

    id: str = Field(default_factory=new_id, primary_key=True)
    token_hash: str = Field(unique=True, index=True)
    account: str = Field(index=True, foreign_key="account.id")
    title: str
    roles: str = "[]"
    departments: str = "[]"
    created_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    expires_at: datetime = Field(sa_column=_time(nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=_time())
    revoked_at: datetime | None = Field(default=None, sa_column=_time())


class LinkRow(SQLModel, table=True):
    """A one-time link (``purpose``: reset, invite), valid until used or expired."""

    __tablename__ = "one_time_link"

    token_hash: str = Field(primary_key=True)
    account: str = Field(index=True, foreign_key="account.id")
    purpose: str
    expires_at: datetime = Field(sa_column=_time(nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=_time())


class ThrottleRow(SQLModel, table=True):
    """Failed sign-ins: ``key`` is a salted hash of a name or of an address; refused until ``until``."""

    __tablename__ = "throttle"

    key: str = Field(primary_key=True)
    failures: int = 0
    last_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    until: datetime | None = Field(default=None, sa_column=_time())


class OptionRow(SQLModel, table=True):
    """What administrators set in pages (company, identity provider, e-mail): a JSON object by name."""

    __tablename__ = "option"

    name: str = Field(primary_key=True)
    value: str = Field(sa_column=Column(Text, nullable=False))
    changed_by: str = ""
    changed_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))


class SecretRow(SQLModel, table=True):
    """A secret, sealed under the key ``key_id``. ``department`` None: of the whole company."""

    __tablename__ = "secret"

    name: str = Field(primary_key=True)
    department: str | None = None
    description: str = ""
    key_id: str
    sealed: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    changed_at: datetime = Field(default_factory=utc_now, sa_column=_time(nullable=False))
    changed_by: str = ""


# the same table for SQLAlchemy Core
ACCOUNT: Table = SQLModel.metadata.tables["account"]
