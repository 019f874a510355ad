"""Who may do what: the acting person, registered permissions, and the check before every service.

The engine only knows the protocol; ``auth`` implements it and the app injects it. Until then
``LocalAuthorizer`` knows one built-in administrator of this machine.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec, TypeVar, cast

from engine.access_parts import Auditor as Auditor
from engine.access_parts import Authorizer as Authorizer
from engine.access_parts import Secrets as Secrets
from engine.errors import NotFound, Refused

P = ParamSpec("P")
R = TypeVar("R")
EVERYWHERE = ""  # the department of a grant that holds for the whole company


@dataclass(frozen=True)
class Grant:
    """A role held in one department, or in all of them (``EVERYWHERE``)."""

    role: str
    department: str = EVERYWHERE


@dataclass(frozen=True)
class Share:
    """A role held on one single object only."""

    kind: str
    id: str
    role: str


@dataclass(frozen=True)
class Actor:
    """Who acts, with the rights that were looked up for it: deciding needs no further look.

    ``id`` is the account (also for a token, whose ``grants`` are then cut to its scope); ``credential`` the
    session or token it came with; ``via`` says through what (page, api, cli, schedule, system); ``address``
    from where; ``on_behalf_of`` whose rights count.
    """

    id: str
    kind: Literal["person", "token", "schedule", "system"] = "person"
    name: str = ""
    grants: frozenset[Grant] = frozenset()
    shares: frozenset[Share] = frozenset()
    on_behalf_of: str | None = None
    via: str = "page"
    request_id: str = ""
    credential: str = ""
    address: str = ""

    @property
    def roles(self) -> frozenset[str]:
        """The roles held somewhere."""
        return frozenset(grant.role for grant in self.grants)

    @property
    def departments(self) -> frozenset[str]:
        """The departments in which a role is held; company-wide grants name none."""
        return frozenset(grant.department for grant in self.grants if grant.department != EVERYWHERE)


# whoever may read the data folder on the machine itself: the command line acts as this one
LOCAL_ADMIN = Actor(
    id="local-admin", name="Local administrator", grants=frozenset({Grant("administrator")}), via="cli"
)
SYSTEM = Actor(
    id="system", kind="system", name="Quarterdeck", grants=frozenset({Grant("system")}), via="system"
)


@dataclass(frozen=True)
class Permission:
    """A verb on a kind of object, for instance ``run.create``."""

    name: str
    description: str


@dataclass(frozen=True)
class Resource:
    """The object asked about, as far as rights are concerned. ``department`` None: of the whole company.

    ``part_of`` is the object whose shares reach this one too, for its owner: the model of a run. ``parts`` are
    what went into it (a run's datasets): who may not read each of them may do nothing with the whole.
    """

    kind: str
    id: str
    department: str | None = None
    owner: str | None = None
    part_of: tuple[str, str] | None = None
    parts: tuple[Resource, ...] = ()


COMPANY = Resource("company", "company")


def of_company(*_: Any, **__: Any) -> Resource:
    """``on`` of services that are about the company as a whole."""
    return COMPANY


@dataclass(frozen=True)
class Decision:
    """An answer that can explain itself."""

    allowed: bool
    reason: str


@dataclass(frozen=True)
class Scope:
    """What a list may show: ``departments`` None means all of it.

    Else the objects of these departments, those without a department if ``unassigned``, and single ``objects``
    (kind, id) that were shared. ``owner`` is who asks: their own runs of a shared model are theirs to see.
    """

    departments: frozenset[str] | None = None
    objects: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    unassigned: bool = False
    owner: str = ""

    def ids(self, kind: str) -> list[str]:
        """The shared objects of one kind, by id."""
        return sorted(id for shared, id in self.objects if shared == kind)

    def holds(self, department: str | None) -> bool:
        """Does it show what belongs to this department (None: to none)?"""
        if self.departments is None:
            return True
        return self.unassigned if department is None else department in self.departments


class LocalAuthorizer:
    """The rule of an engine without accounts (tests, tools): the built-in administrator and the system may all."""

    def decide(self, actor: Actor, permission: str, resource: Resource | None) -> Decision:
        """Allow the two built-in actors, refuse anybody else."""
        if actor.roles & {"administrator", "system"}:
            return Decision(True, f"{actor.name} is the administrator of this machine.")
        return Decision(False, f"“{actor.id}” has no account here.")

    def scope(self, actor: Actor, permission: str) -> Scope:
        """All departments for the built-in actors, none for anybody else."""
        allowed = self.decide(actor, permission, None).allowed
        return Scope(departments=None if allowed else frozenset())


PERMISSIONS: dict[str, Permission] = {}


def permission(name: str, description: str) -> str:
    """Register a permission and return its name. Registering a name twice is a programming error."""
    if name in PERMISSIONS:
        raise ValueError(f"permission {name} is registered twice")
    PERMISSIONS[name] = Permission(name, description)
    return name


@dataclass(frozen=True)
class ServiceInfo:
    """A registered service function: feeds the rights matrix test and the docs."""

    qualified_name: str
    permission: str
    has_resource: bool


SERVICES: dict[str, ServiceInfo] = {}


def service(
    permission: str, *, on: Callable[..., Resource | None] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a public method of a service class: ``def method(self, actor, …)``.

    Before the body runs, the authorizer of ``self.engine`` decides; ``on`` is called with the same
    arguments as the method and finds the object asked about (it may raise NotFound).

    Raises Refused when the decision is no.
    """
    if permission not in PERMISSIONS:
        raise ValueError(f"permission {permission} is not registered")

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        names = list(inspect.signature(function).parameters)
        if names[:2] != ["self", "actor"]:
            raise TypeError(f"{function.__qualname__} must take (self, actor, …)")
        SERVICES[f"{function.__module__}.{function.__qualname__}"] = ServiceInfo(
            f"{function.__module__}.{function.__qualname__}", permission, on is not None
        )

        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            itself, actor = cast(Any, args[0]), args[1] if len(args) > 1 else kwargs.get("actor")
            if not isinstance(actor, Actor):
                raise TypeError(
                    f"{function.__qualname__} needs the acting person first, got {type(actor).__name__}"
                )
            asked = on(*args, **kwargs) if on else None
            require(itself.engine.authorizer, actor, permission, asked, itself.engine.auditor)
            return function(*args, **kwargs)

        return checked

    return decorate


def require(
    authorizer: Authorizer,
    actor: Actor,
    permission: str,
    resource: Resource | None = None,
    auditor: Auditor | None = None,
) -> None:
    """Raise Refused unless the authorizer allows it; a refusal is told to the auditor.

    What somebody may not even read is not there for them: then it raises NotFound, as for a name that nothing has.
    """
    decision = authorizer.decide(actor, permission, resource)
    if not decision.allowed:
        if auditor is not None:
            auditor.refused(actor, permission, resource, decision.reason)
        if resource is not None and not readable(authorizer, actor, resource):
            raise NotFound(resource.kind, resource.id)
        raise Refused(permission, decision.reason)


def readable(authorizer: Authorizer, actor: Actor, resource: Resource) -> bool:
    """May this person know of the object? One's own is no secret, nor are kinds without a permission to read them."""
    reading = f"{resource.kind}.read"
    if reading not in PERMISSIONS or (resource.owner is not None and resource.owner == actor.id):
        return True
    return authorizer.decide(actor, reading, resource).allowed


MODEL_READ = permission("model.read", "See a model, its versions, fields and README.")
MODEL_REGISTER = permission("model.register", "Register a model folder as a new version.")
MODEL_PROMOTE = permission("model.promote", "Move an alias such as live to another version.")
RUN_CREATE = permission("run.create", "Run a model, also by a real-time call.")
RUN_READ = permission("run.read", "See a run, its log and its outputs.")
RUN_CANCEL = permission("run.cancel", "Cancel a run.")
RUN_HOLD = permission("run.hold", "Hold a run's outputs back from the retention rule.")
DATASET_READ = permission("dataset.read", "See and download a dataset.")
DATASET_WRITE = permission("dataset.write", "Upload a new version of a dataset.")
DATASET_CLASSIFY = permission("dataset.classify", "Say which columns of a dataset hold personal data.")
DATASET_PERSONAL = permission("dataset.personal", "See personal data in datasets unmasked.")
PARAMS_READ = permission("params.read", "See parameter sets, their versions, history and reviews.")
PARAMS_WRITE = permission("params.write", "Change parameter sets: make them, submit versions, add places.")
PARAMS_REVIEW = permission(
    "params.review", "Approve, reject or question what others changed in parameter sets."
)
PARAMS_TRY = permission(
    "params.try",
    "Try a version of a parameter set out by shadow runs: with the values in force, and with its own.",
)
SHARE_MANAGE = permission("share.manage", "Share a single model or dataset with a person or department.")
SECRET_READ = permission("secret.read", "See which secrets there are, never their values.")
SECRET_MANAGE = permission("secret.manage", "Set, change and remove secrets.")
SECRET_USE = permission("secret.use", "Have a secret given to a model or a data source.")
EVENTS_READ = permission("events.read", "Follow the event stream.")
INBOX_READ = permission("inbox.read", "See one's own notices.")
ACCOUNT_OWN = permission("account.own", "Change one's own password, second factor, sessions and API tokens.")
ACCOUNT_READ = permission("account.read", "See the list of people, their roles and departments.")
ACCOUNT_MANAGE = permission("account.manage", "Add, disable and erase people, reset their sign-in.")
ROLE_GRANT = permission("role.grant", "Give and take roles in a department.")
DEPARTMENT_READ = permission("department.read", "See which departments there are.")
DEPARTMENT_MANAGE = permission("department.manage", "Add and rename departments.")
SESSION_MANAGE = permission("session.manage", "See and end other people's sessions and API tokens.")
IDENTITY_MANAGE = permission("identity.manage", "Set up the identity provider.")
NOTIFY_MANAGE = permission("notify.manage", "Set up e-mail and see the outbox.")
AUDIT_READ = permission("audit.read", "Search, verify and export the audit log.")
AUDIT_MANAGE = permission("audit.manage", "Erase a person from the audit log and prune old segments.")
SYSTEM_READ = permission("system.read", "See the health of the server.")
SYSTEM_OPERATE = permission("system.operate", "Sweep storage, change settings, stop the server.")
