"""Who may do what: the acting person, registered permissions, and the check before every service.

The engine only knows the protocol; ``auth`` implements it and the app injects it. Until then
``LocalAuthorizer`` knows one built-in administrator of this machine.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec, Protocol, TypeVar, cast

from engine.errors import Refused

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Actor:
    """Who acts. ``via`` says through what (page, api, cli, schedule); ``on_behalf_of`` whose rights count."""

    id: str
    kind: Literal["person", "token", "schedule", "system"] = "person"
    name: str = ""
    departments: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    on_behalf_of: str | None = None
    via: str = "page"
    request_id: str = ""


LOCAL_ADMIN = Actor(id="local-admin", name="Local administrator", roles=frozenset({"administrator"}))
SYSTEM = Actor(id="system", kind="system", name="Quarterdeck", roles=frozenset({"system"}), via="system")


@dataclass(frozen=True)
class Permission:
    """A verb on a kind of object, for instance ``run.create``."""

    name: str
    description: str


@dataclass(frozen=True)
class Resource:
    """The object asked about, as far as rights are concerned."""

    kind: str
    id: str
    department: str | None = None
    owner: str | None = None


@dataclass(frozen=True)
class Decision:
    """An answer that can explain itself."""

    allowed: bool
    reason: str


@dataclass(frozen=True)
class Scope:
    """What a list may show: ``departments`` None means all; ``objects`` are ids shared one by one."""

    departments: frozenset[str] | None = None
    objects: frozenset[str] = field(default_factory=frozenset)


class Authorizer(Protocol):
    """Decides. Implementations are pure look-ups: at most 0.2 ms a decision."""

    def decide(self, actor: Actor, permission: str, resource: Resource | None) -> Decision:
        """May this actor do that (to this object)?"""

    def scope(self, actor: Actor, permission: str) -> Scope:
        """Which departments and single objects a list filtered by this permission may show."""


class LocalAuthorizer:
    """The built-in rule of a machine without accounts: its local administrator and the system may all."""

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
            require(itself.engine.authorizer, actor, permission, on(*args, **kwargs) if on else None)
            return function(*args, **kwargs)

        return checked

    return decorate


def require(authorizer: Authorizer, actor: Actor, permission: str, resource: Resource | None = None) -> None:
    """Raise Refused unless the authorizer allows it."""
    decision = authorizer.decide(actor, permission, resource)
    if not decision.allowed:
        raise Refused(permission, decision.reason)


MODEL_READ = permission("model.read", "See a model, its versions, fields and README.")
MODEL_REGISTER = permission("model.register", "Register a model folder as a new version.")
MODEL_PROMOTE = permission("model.promote", "Move an alias such as live to another version.")
RUN_CREATE = permission("run.create", "Run a model, also by a real-time call.")
RUN_READ = permission("run.read", "See a run, its log and its outputs.")
RUN_CANCEL = permission("run.cancel", "Cancel a run.")
RUN_HOLD = permission("run.hold", "Hold a run's outputs back from the retention rule.")
DATASET_READ = permission("dataset.read", "See and download a dataset.")
DATASET_WRITE = permission("dataset.write", "Upload a new version of a dataset.")
EVENTS_READ = permission("events.read", "Follow the event stream.")
SYSTEM_READ = permission("system.read", "See the health of the server.")
SYSTEM_OPERATE = permission("system.operate", "Sweep storage, change settings, stop the server.")
