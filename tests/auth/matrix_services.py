"""Every service function, and on what it is asked in the matrix. A new one needs a line here.

``Row(permission, thing, …)``: ``thing`` is a name of the world, COMPANY, ONESELF, or ANYTHING for services without an
object; those say in ``why`` what they do instead (and a test of theirs shows it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.parameters.imports.records import GivenFile
from tests.auth.world import HOME, World

COMPANY, ONESELF, ANYTHING, ROLES_HOME, EVERYWHERE = (
    "company",
    "oneself",
    "anything",
    "roles home",
    "everywhere",
)
NEW_DATA = "new data"
Arguments = Callable[[World], tuple[tuple[Any, ...], dict[str, Any]]]


@dataclass(frozen=True)
class Row:
    """What a service needs, on what; ``arguments`` make the guard look at that very thing."""

    permission: str
    thing: str
    arguments: Arguments = lambda world: ((), {})
    why: str = ""


def on(permission: str, thing: str, *more: Any, **named: Any) -> Row:
    """A service whose first argument names the thing."""
    return Row(permission, thing, lambda world: ((world.id(thing), *more), named))


def company(permission: str, *arguments: Any, **named: Any) -> Row:
    """A service about the company as a whole."""
    return Row(permission, COMPANY, lambda world: (arguments, named))


def own(permission: str, *arguments: Any) -> Row:
    """A service about the person who asks."""
    return Row(permission, ONESELF, lambda world: (arguments, {}))


def without(permission: str, why: str, *arguments: Any, **named: Any) -> Row:
    """A service without an object."""
    return Row(permission, ANYTHING, lambda world: (arguments, named), why)


def of_set(permission: str, *more: Any) -> Row:
    """A service about the parameter set of the home department's model."""
    return Row(permission, "set home", lambda world: ((world.id("model home"), "standard", *more), {}))


LISTED = "shows only what one may see: test_lists"
FILE = Path("/nonexistent/file.csv")
CATALOG, DATA, RUNS = (
    "engine.catalog.service.Catalog.",
    "engine.data.service.Datasets.",
    "engine.runs.service.Runs.",
)
DRAFTS, HOLDS, AUDIT = (
    "engine.runs.drafts.Drafts.",
    "engine.runs.keeping.Keeping.",
    "auth.audit.log.AuditLog.",
)
FILES = "engine.parameters.imports.service."
HELD = "engine.parameters.imports.holding.Holding."
EXPORTS = "engine.parameters.imports.exporting.Exporting."
ACCOUNTS, SECRETS = "auth.accounts.Accounts.", "auth.secrets.SecretStore."
SHEETS = "engine.parameters.spreadsheet.service.Sheets."
HELD_SHEET = "engine.parameters.spreadsheet.holding.Holding."
INBOX, DESK = "engine.notify.inbox.Inbox.", "engine.notify.desk.MailDesk."
SHARING, TOKENS, IDENTITY = "auth.sharing.Sharing.", "auth.tokens.Tokens.", "auth.identity.Identity."
INBOX = "engine.notify.inbox.Inbox."
KEEPER = "auth.rotation.Keeper."
SETS_READ, SETS_CHANGE, SETS_REVIEW = (
    "engine.parameters.set_reading.Reading.",
    "engine.parameters.set_changes.Changing.",
    "engine.parameters.set_reviews.Reviewing.",
)
SETS_DRAFTS = "engine.parameters.set_drafts.Drafting."
SETS_EXAMINE = "engine.parameters.set_examining.Examining."
SETS_SHADOW = "engine.parameters.set_shadow.Shadowing."
SETS_PRESETS = "engine.parameters.set_presets.Presets."
SETS_EDIT = "engine.parameters.set_editing.Editing."
FEEDS = "engine.parameters.feeds."
HOLDER = "person:nobody"


def _share(world: World) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return ("model", world.id("model home"), HOLDER, "viewer"), {}


def _shares(world: World) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return ("model", world.id("model home")), {}


SERVICES: dict[str, Row] = {
    CATALOG + "register": without(
        "model.register", "asks for the manifest's department: test_registering", FILE
    ),
    CATALOG + "check": without("model.register", "runs a folder that is nobody's yet", FILE),
    CATALOG + "list": without("model.read", LISTED),
    CATALOG + "move_alias": on("model.promote", "model home", "live", 1),
    CATALOG + "get": on("model.read", "model home"),
    CATALOG + "version": on("model.read", "model home"),
    CATALOG + "alias_as_of": on("model.read", "model home", "live", None),
    CATALOG + "last_check": on("model.read", "model home"),
    CATALOG + "check_version": on("run.create", "model home"),
    DATA + "ingest": Row(
        "dataset.write", NEW_DATA, lambda world: (("brand-new", FILE), {"department": HOME})
    ),
    DATA + "list": without("dataset.read", LISTED),
    DATA + "get": on("dataset.read", "dataset home"),
    DATA + "version": on("dataset.read", "dataset home"),
    DATA + "page": on("dataset.read", "dataset home"),
    DATA + "path": on("dataset.read", "dataset home"),
    DATA + "values": on("dataset.read", "dataset home", "week"),
    DATA + "export": on("dataset.read", "dataset home", None, FILE),
    "engine.data.classifying.Classifying.classes": on("dataset.read", "dataset home"),
    "engine.data.classifying.Classifying.classify": on("dataset.classify", "dataset home", {}),
    "engine.data.querying.Querying.query": without(
        "dataset.read", "asks for each dataset: test_queries", "SELECT 1", datasets=[]
    ),
    RUNS + "submit": on("run.create", "model home"),
    RUNS + "predict": on("run.create", "model home"),
    RUNS + "add_file": without(
        "run.create", "stores one's own file; giving it to a run asks again", FILE, "x"
    ),
    RUNS + "again": on("run.read", "run home"),
    RUNS + "cancel": on("run.cancel", "run home"),
    RUNS + "get": on("run.read", "run home"),
    RUNS + "list": without("run.read", LISTED),
    RUNS + "outputs": on("run.read", "run home"),
    RUNS + "output_path": on("run.read", "run home", "total"),
    RUNS + "log": on("run.read", "run home"),
    RUNS + "provenance": on("run.read", "run home"),
    HOLDS + "hold": on("run.hold", "run home"),
    HOLDS + "unhold": on("run.hold", "run home"),
    DRAFTS + "get": on("run.create", "model home"),
    DRAFTS + "save": on("run.create", "model home", {}),
    DRAFTS + "clear": on("run.create", "model home"),
    "engine.parameters.sets.ParameterSets.create": Row(
        "params.write", "set home", lambda world: ((world.id("model home"), "brand-new"), {})
    ),
    "engine.parameters.sets.ParameterSets.change": of_set("params.write"),
    "engine.parameters.sets.ParameterSets.set_place": of_set("params.write", "DE"),
    SETS_READ + "list": without("params.read", LISTED),
    SETS_READ + "compare": on("params.read", "model home", []),
    SETS_READ + "get": of_set("params.read"),
    SETS_READ + "places": of_set("params.read"),
    SETS_READ + "versions": of_set("params.read"),
    SETS_READ + "version": of_set("params.read", 1),
    SETS_READ + "in_force": of_set("params.read"),
    SETS_READ + "history": of_set("params.read"),
    SETS_READ + "used_by": of_set("params.read", 1),
    SETS_EXAMINE + "differences": of_set("params.read", 1),
    SETS_EXAMINE + "waiting": without("params.read", LISTED),
    SETS_EXAMINE + "approvers": of_set("params.read", 1),
    SETS_EXAMINE + "planned": of_set("params.read"),
    SETS_EXAMINE + "at_places": of_set("params.read"),
    SETS_SHADOW + "try_out": of_set("params.try", 1),
    SETS_SHADOW + "effect": of_set("params.read", 1),
    SETS_SHADOW + "trials": of_set("params.read", 1),
    SETS_SHADOW + "trial_inputs": of_set("params.read"),
    SETS_PRESETS + "rename_preset": of_set("params.write", "New name"),
    SETS_PRESETS + "remove_preset": of_set("params.write"),
    SETS_DRAFTS + "drafts": without("params.read", "shows only one's own: test_editing"),
    SETS_EDIT + "editing": of_set("params.write"),
    SETS_EDIT + "newest": of_set("params.write"),
    SETS_EDIT + "newest_number": of_set("params.write"),
    SETS_DRAFTS + "draft": of_set("params.write"),
    SETS_DRAFTS + "save_draft": of_set("params.write", {}),
    SETS_DRAFTS + "clear_draft": of_set("params.write"),
    SETS_CHANGE + "submit": of_set("params.write", {}),
    SETS_REVIEW + "answer": of_set("params.write", 1, "x"),
    SETS_REVIEW + "withdraw": of_set("params.write", 1),
    SETS_REVIEW + "approve": of_set("params.review", 1),
    SETS_REVIEW + "reject": of_set("params.review", 1, "x"),
    SETS_REVIEW + "ask": of_set("params.review", 1, "x"),
    FILES + "ParameterFiles.preview": on("params.read", "model home", GivenFile("x", b"")),
    FILES + "ParameterFiles.store": of_set("params.write", GivenFile("x", b"")),
    FILES + "ParameterFiles.add_layout": of_set("params.write", GivenFile("x", b"")),
    HELD + "hold": on("params.read", "model home", GivenFile("x", b"")),
    HELD + "hold_upload": on("params.read", "model home", {"blob": "none", "name": "x"}),
    HELD + "waiting": on("params.read", "model home"),
    HELD + "said": on("params.read", "model home", None, {}),
    HELD + "give_up": on("params.read", "model home"),
    EXPORTS + "layouts": of_set("params.read"),
    EXPORTS + "remove_layout": of_set("params.write", "none"),
    EXPORTS + "original": of_set("params.read", "none"),
    EXPORTS + "export": of_set("params.read", "none"),
    EXPORTS + "export_new": of_set("params.read", "json"),
    EXPORTS + "own_file": of_set("params.read"),
    HELD_SHEET + "hold": of_set("params.write", {"blob": "none", "name": "x"}),
    HELD_SHEET + "waiting": of_set("params.write"),
    HELD_SHEET + "give_up": of_set("params.write"),
    SHEETS + "export": of_set("params.read", FILE),
    SHEETS + "preview": of_set("params.write", FILE, "file.xlsx"),
    SHEETS + "submit": of_set("params.write", FILE, "file.xlsx"),
    FEEDS + "defining.Defining.look": of_set("params.write", "a", {}),
    FEEDS + "defining.Defining.add": of_set("params.write", "a", {}),
    FEEDS + "defining.Defining.change": of_set("params.write", "x"),
    FEEDS + "defining.Defining.pause": of_set("params.write", "x"),
    FEEDS + "defining.Defining.resume": of_set("params.write", "x"),
    FEEDS + "defining.Defining.remove": of_set("params.write", "x"),
    FEEDS + "fetching.Fetching.fetch": of_set("params.write", "x"),
    FEEDS + "deciding.Deciding.accept": of_set("params.write", "x", "y"),
    FEEDS + "deciding.Deciding.decline": of_set("params.write", "x", "y"),
    FEEDS + "service.Feeds.list": of_set("params.read"),
    FEEDS + "service.Feeds.get": of_set("params.read", "x"),
    FEEDS + "service.Feeds.tries": of_set("params.read", "x"),
    FEEDS + "service.Feeds.freshness": of_set("params.read"),
    FEEDS + "service.Feeds.titles": of_set("params.read", []),
    "engine.store.retention.Storage.gc": company("system.operate"),
    ACCOUNTS + "list": without("account.read", "people belong to no department"),
    ACCOUNTS + "directory": without("share.manage", "names of active people, to choose with whom to share"),
    ACCOUNTS + "create": company("account.manage", "new"),
    ACCOUNTS + "change": company("account.manage", "x"),
    ACCOUNTS + "disable": company("account.manage", "x"),
    ACCOUNTS + "enable": company("account.manage", "x"),
    ACCOUNTS + "erase": company("account.manage", "x"),
    "auth.granting.Granting.grant": Row("role.grant", ROLES_HOME, lambda world: (("x", "viewer", HOME), {})),
    "auth.granting.Granting.revoke": Row("role.grant", EVERYWHERE, lambda world: (("x", "viewer", ""), {})),
    "auth.granting.Granting.set_grants": without(
        "role.grant", "asks for each department that changes: test_accounts", "x", []
    ),
    "auth.departments.Departments.departments": without("department.read", "names and sizes"),
    "auth.departments.Departments.add_department": company("department.manage", "New"),
    "auth.departments.Departments.rename_department": company("department.manage", "Old", "New"),
    SHARING + "share": Row("share.manage", "model home", _share),
    SHARING + "unshare": Row("share.manage", "model home", _share),
    SHARING + "of": Row("share.manage", "model home", _shares),
    SECRETS + "list": without("secret.read", LISTED),
    SECRETS + "get": on("secret.read", "secret home"),
    SECRETS + "choices": without("secret.use", "shows only what one may use: test_lists", HOME),
    SECRETS + "set": on("secret.manage", "secret home", "new value"),
    SECRETS + "remove": on("secret.manage", "secret home"),
    SECRETS + "usable": on("secret.use", "secret home", HOME),
    SECRETS + "reveal": on("secret.use", "secret home"),
    TOKENS + "create": without("account.own", "makes a token of one's own", "title"),
    TOKENS + "mine": without("account.own", "lists one's own"),
    TOKENS + "revoke": without("account.own", "one's own, or with session.manage: tests of tokens", "x"),
    TOKENS + "list": without("session.manage", "tokens belong to no department"),
    TOKENS + "create_for": without("session.manage", "on the machine's command line only", "x", "title"),
    "auth.sessions.Sessions.list": without("session.manage", "sessions belong to no department"),
    "auth.credentials.Credentials.reset": without("account.manage", "accounts belong to no department", "x"),
    AUDIT + "search": company("audit.read", None),
    AUDIT + "entry": company("audit.read", 1),
    AUDIT + "actions": company("audit.read"),
    AUDIT + "people": company("audit.read"),
    AUDIT + "departments": company("audit.read"),
    AUDIT + "export": company("audit.read", None),
    AUDIT + "verify": company("audit.read"),
    AUDIT + "facts": company("audit.read"),
    AUDIT + "anchor": company("audit.manage"),
    AUDIT + "prune": company("audit.manage", None),
    AUDIT + "erase": company("audit.manage", "x", "reason"),
    IDENTITY + "options": company("identity.manage"),
    IDENTITY + "has_secret": company("identity.manage"),
    IDENTITY + "configure": company("identity.manage", None),
    IDENTITY + "test": company("identity.manage"),
    IDENTITY + "disconnect": company("account.manage", "x"),
    "auth.company.Company.get": company("system.read"),
    "auth.company.Company.setup": company("system.read"),
    "auth.company.Company.save": company("system.operate"),
    "auth.company.Company.note_setup": company("system.operate"),
    INBOX + "list": own("inbox.read"),
    INBOX + "unread": own("inbox.read"),
    INBOX + "read": own("inbox.read"),
    INBOX + "preferences": own("account.own"),
    INBOX + "set_preferences": own("account.own", {}),
    DESK + "settings": company("notify.manage"),
    DESK + "test": company("notify.manage", "x"),
    DESK + "outbox": company("notify.manage"),
    DESK + "retry": company("notify.manage", "x"),
    KEEPER + "report": company("system.read"),
    KEEPER + "lost": company("system.read"),
    KEEPER + "rotate": company("system.operate"),
    KEEPER + "finish": company("system.operate"),
    KEEPER + "give_up": company("system.operate"),
    "auth.factor.SecondFactor.remove": without("account.manage", "accounts belong to no department", "x"),
    "auth.links.Links.make": without("account.manage", "accounts belong to no department", "x"),
}
