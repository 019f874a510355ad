"""Errors that write their own sentence.

Each error is a class with domain arguments. Its sentence says what is wrong, where, which rule it
breaks and what to do; pages, API and command line show that same sentence. The subclass also says
whether trying again may help (``transient``) and which HTTP status and exit code it means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


class QuarterdeckError(Exception):
    """Base of all errors meant for a person.

    ``code`` is a stable kebab-case name (API clients match on it); ``status`` the HTTP status;
    ``exit_code`` the command line's; ``transient`` is True where the same call may succeed later.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    exit_code: ClassVar[int] = 2
    transient: ClassVar[bool] = False

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, in words for the person who did it."""
        return str(self)

    def as_json(self) -> dict[str, Any]:
        """The one JSON shape of every failure: ``{"error": {"code", "message", "problems"}}``."""
        return {"error": {"code": self.code, "message": self.sentence, "problems": []}}


# what to do where somebody looked for a thing of this kind, if there is more to say than "check the name"
REMEDIES = {"dataset": "The list of datasets shows all there are; upload a file to add one."}


# how people call what rights and events name in short
KINDS = {"params": "parameter set"}


class NotFound(QuarterdeckError):
    """No object of that kind and name (or not for this person: both read the same on purpose)."""

    code = "not-found"
    status = 404

    def __init__(self, kind: str, name: str, remedy: str = "") -> None:
        self.kind, self.name = kind, name
        super().__init__(
            f"There is no {KINDS.get(kind, kind)} “{name}”. "
            + (remedy or REMEDIES.get(kind, "Check the name; the list shows all there are."))
        )


class Refused(QuarterdeckError):
    """The acting person may not do this."""

    code = "refused"
    status = 403
    exit_code = 3

    def __init__(self, permission: str, reason: str) -> None:
        self.permission = permission
        super().__init__(f"You may not do this ({permission}): {reason} Ask an administrator if you need it.")


class SignedOut(QuarterdeckError):
    """Nobody is signed in: no session or token, an unknown one, or one that has ended."""

    code = "signed-out"
    status = 401
    exit_code = 3


class Conflict(QuarterdeckError):
    """The object is in a state that does not allow this, or somebody else changed it first."""

    code = "conflict"
    status = 409


def name_taken(kind: str, name: str) -> Conflict:
    """Names are unique in the company: this one belongs to something that the person may not see."""
    return Conflict(f"The name “{name}” is taken by a {kind} that you may not see. Choose another name.")


class Unavailable(QuarterdeckError):
    """Something the request needs is not there now: a language, space on disk, a free worker."""

    code = "unavailable"
    status = 503
    exit_code = 4
    transient = True


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one input: ``where`` is a field, file, column or manifest key."""

    where: str
    sentence: str
    value: str = ""
    rule: str = ""

    def as_json(self) -> dict[str, str]:
        """The problem as the API shows it."""
        return {"where": self.where, "message": self.sentence, "value": self.value, "rule": self.rule}


@dataclass
class Invalid(QuarterdeckError):
    """Input that breaks rules: all problems at once, so that a person mends them in one go."""

    subject: str
    problems: list[Problem] = field(default_factory=list)

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 422

    def __post_init__(self) -> None:
        super().__init__(self.__str__())

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return self.problems[0].sentence
        listed = " ".join(f"({n}) {p.sentence}" for n, p in enumerate(self.problems, 1))
        return f"There are {len(self.problems)} problems with {self.subject}: {listed}"

    __hash__ = Exception.__hash__

    def as_json(self) -> dict[str, Any]:
        """The error shape with each problem listed."""
        body = super().as_json()
        body["error"]["problems"] = [p.as_json() for p in self.problems]
        return body
