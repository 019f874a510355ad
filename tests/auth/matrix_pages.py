"""Every page, what it needs to show anything, and with which address it is asked for."""

from __future__ import annotations

from tests.auth.matrix_routes import Address, anything, company, signed_in


def thing(permission: str, name: str, parameter: str) -> Address:
    """A page about one thing, named in the address."""
    return Address(((permission, name),), query={parameter: name})


def of_set(permission: str) -> Address:
    """A page about the parameter set of the home department's model."""
    needs = (("model.read", "model home"), (permission, "set home"))
    return Address(needs, query={"model": "model home", "set": "standard"})


PAGES: dict[str, Address] = {
    "home": anything("model.read"),
    "models": anything("model.read"),
    "model": thing("model.read", "model home", "model"),
    "run-model": thing("run.create", "model home", "model"),
    "run": thing("run.read", "run home", "run"),
    "runs": anything("run.read"),
    "datasets": anything("dataset.read"),
    "datasets: one": thing("dataset.read", "dataset home", "dataset"),
    "params": anything("params.read"),
    "params-edit": of_set("params.write"),
    "params-import": Address((("model.read", "model home"),), query={"model": "model home"}),
    "params-compare": Address((("model.read", "model home"),), query={"model": "model home"}),
    "params-set": of_set("params.read"),
    "people": anything("account.read"),
    "departments": anything("account.read"),
    "roles": anything("account.own"),
    "sessions": company("session.manage"),
    "tokens": company("session.manage"),
    "identity": company("identity.manage"),
    "audit": company("audit.read"),
    "company": company("system.operate"),
    "email": company("notify.manage"),
    "secrets": anything("secret.read"),
    "health": company("system.read"),
    "welcome": company("system.operate"),
    "account": signed_in(),
    "inbox": signed_in(),
}
