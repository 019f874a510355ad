"""The company's own settings, chosen in the pages: name, business time zone, calendars; and how far set-up is.

A variable of the environment wins over what was chosen here; what is chosen is in force at once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo, available_timezones

from engine.access import SYSTEM_OPERATE, SYSTEM_READ, Actor, of_company, service
from engine.errors import Invalid, Problem
from engine.retail import Pattern

if TYPE_CHECKING:
    from auth.service import Auth

OPTION, SETUP = "company", "setup"
FIELDS = ("business_timezone", "fiscal_year_start_month", "retail_pattern")  # names in engine.settings
PATTERNS: tuple[str, ...] = get_args(Pattern)
STEPS = ("company", "departments", "people", "email", "machine")
NAME_LENGTH = 100


@dataclass(frozen=True)
class CompanySettings:
    """What is in force. ``fixed`` names the settings that the environment sets: the pages cannot change them."""

    name: str
    business_timezone: str
    fiscal_year_start_month: int
    retail_pattern: str
    fixed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Setup:
    """How far the first-run assistant is: ``begun``, the steps that are ``done``, and whether it is ``finished``."""

    begun: bool = False
    done: tuple[str, ...] = ()
    finished: bool = False


class Company:
    """Keeps them as options and puts them in force."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine
        self.fixed = frozenset(auth.settings.model_fields_set & set(FIELDS))

    def apply(self) -> None:
        """Put what is stored in force (at start, and after each change), where the environment says nothing."""
        stored = self.auth.options.get(OPTION)
        for name in FIELDS:
            if name in stored and name not in self.fixed:
                # not by assignment: that would make it look like a setting of the environment
                self.auth.settings.__dict__[name] = stored[name]

    def name(self) -> str:
        """The company's name; empty before somebody gave one."""
        return str(self.auth.options.get(OPTION).get("name", ""))

    @service(SYSTEM_READ, on=of_company)
    def get(self, actor: Actor) -> CompanySettings:
        """What is in force."""
        settings = self.auth.settings
        return CompanySettings(
            self.name(),
            settings.business_timezone,
            settings.fiscal_year_start_month,
            settings.retail_pattern,
            self.fixed,
        )

    @service(SYSTEM_OPERATE, on=of_company)
    def save(
        self,
        actor: Actor,
        *,
        name: str,
        business_timezone: str,
        fiscal_year_start_month: int,
        retail_pattern: str,
        reason: str = "",
    ) -> CompanySettings:
        """Store and put in force. What the environment sets is left as it was stored. Raises Invalid."""
        chosen: dict[str, Any] = {
            "business_timezone": business_timezone,
            "fiscal_year_start_month": fiscal_year_start_month,
            "retail_pattern": retail_pattern,
        }
        _check(name, chosen)
        stored = self.auth.options.get(OPTION)
        kept = {key: value for key, value in chosen.items() if key not in self.fixed}
        self.auth.options.put(actor, OPTION, {**stored, **kept, "name": name.strip()}, reason)
        self.apply()
        return self.get(actor)

    @service(SYSTEM_READ, on=of_company)
    def setup(self, actor: Actor) -> Setup:
        """How far the assistant is."""
        found = self.auth.options.get(SETUP)
        return Setup(bool(found.get("begun")), tuple(found.get("done", ())), bool(found.get("finished")))

    @service(SYSTEM_OPERATE, on=of_company)
    def note_setup(self, actor: Actor, *, done: str = "", finished: bool = False) -> Setup:
        """Note that the assistant was opened, that a step is done, or that all is."""
        now = self.setup(actor)
        steps = tuple(step for step in STEPS if step in now.done or step == done)
        after = Setup(True, steps, now.finished or finished)
        if after != now:
            self.auth.options.put(actor, SETUP, asdict(after))
        return after


def _check(name: str, chosen: dict[str, Any]) -> None:
    problems = []
    if not name.strip() or len(name.strip()) > NAME_LENGTH:
        problems.append(
            Problem("name", f"The company needs a name of at most {NAME_LENGTH} characters.", name)
        )
    zone = str(chosen["business_timezone"])
    if not _is_zone(zone):
        rule = "choose one from the list, for instance Europe/Warsaw"
        problems.append(Problem("business_timezone", f"“{zone}” is no known time zone: {rule}.", zone))
    month = chosen["fiscal_year_start_month"]
    if not isinstance(month, int) or not 1 <= month <= 12:
        problems.append(
            Problem("fiscal_year_start_month", "The fiscal year begins in a month from 1 to 12.", str(month))
        )
    if chosen["retail_pattern"] not in PATTERNS:
        known = ", ".join(PATTERNS)
        problems.append(
            Problem(
                "retail_pattern", f"The retail calendar is one of {known}.", str(chosen["retail_pattern"])
            )
        )
    if problems:
        raise Invalid("the company's settings", problems)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def zones() -> list[str]:
    """The time zones to choose from: places, and UTC first."""
    places = (
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "posix", "right"))
    )
    return ["UTC", *sorted(places)]
