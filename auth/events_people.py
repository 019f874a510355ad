"""Events of accounts, roles, departments and shares. Names and addresses of people are personal values."""

from __future__ import annotations

from dataclasses import dataclass

from engine.events import Event


@dataclass(frozen=True, kw_only=True)
class AccountCreated(Event):
    """A person can sign in from now on; ``kind`` is local, or oidc for the identity provider's."""

    name = "account-created"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    personal = frozenset({"sign_in_name", "title", "email"})
    account: str
    kind: str = "local"
    sign_in_name: str = ""
    title: str = ""
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class AccountChanged(Event):
    """Title or e-mail address of a person changed; ``fields`` names what did, the values are personal."""

    name = "account-changed"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    personal = frozenset({"old_title", "title", "old_email", "email"})
    account: str
    fields: tuple[str, ...]
    old_title: str = ""
    title: str = ""
    old_email: str = ""
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class AccountStateChanged(Event):
    """An account was disabled, enabled again, or erased (then only its id is left)."""

    name = "account-state-changed"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    account: str
    old: str
    new: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RolesChanged(Event):
    """A person's roles changed; ``old`` and ``new`` list ``role@department`` (``role@`` holds everywhere)."""

    name = "roles-changed"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    account: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class DepartmentAdded(Event):
    """There is a new department."""

    name = "department-added"
    object_kind = "department"
    about = "department"
    needs = "account.read"
    department: str


@dataclass(frozen=True, kw_only=True)
class DepartmentRenamed(Event):
    """A department has another name, and with it all that names it; ``moved`` counts the changed records."""

    name = "department-renamed"
    object_kind = "department"
    about = "new"
    needs = "account.read"
    old: str
    new: str
    moved: int


@dataclass(frozen=True, kw_only=True)
class _Share(Event):
    """``holder`` is ``person:ID`` or ``department:NAME``; the object is a model or a dataset by name."""

    needs = "account.read"
    about = "object"
    object: str
    holder: str
    role: str


@dataclass(frozen=True, kw_only=True)
class ModelShared(_Share):
    """A role on one model was given to a person or a department."""

    name = "model-shared"
    object_kind = "model"


@dataclass(frozen=True, kw_only=True)
class ModelUnshared(_Share):
    """A role on one model was taken back."""

    name = "model-unshared"
    object_kind = "model"


@dataclass(frozen=True, kw_only=True)
class DatasetShared(_Share):
    """A role on one dataset was given to a person or a department."""

    name = "dataset-shared"
    object_kind = "dataset"


@dataclass(frozen=True, kw_only=True)
class DatasetUnshared(_Share):
    """A role on one dataset was taken back."""

    name = "dataset-unshared"
    object_kind = "dataset"
