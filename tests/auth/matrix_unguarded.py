"""Public functions of the parts that ask for no right by themselves, with the reason: (reason, class, names).

Those that take an actor either ask within, or are about the actor; a test of theirs shows it. Those that take none
cannot be asked by a person: they are for our own code, which has asked already.
"""

from __future__ import annotations

WITHIN = "asks within: what it needs depends on whom or what it is about"
SELF = "about the person who asks, with the password or the session as proof; refuses tokens"
BEFORE = "before anybody is signed in: signing in, links, sessions, throttling"
OURS = "for our own code, which has asked already; takes no actor, or one to be named in the audit log"

GROUPS: tuple[tuple[str, str, str], ...] = (
    (WITHIN, "auth.accounts.Accounts", "get"),
    (WITHIN, "auth.granting.Granting", "may_give"),
    (WITHIN, "auth.options.Options", "put"),
    (WITHIN, "auth.secrets.SecretStore", "offered put_own"),
    (WITHIN, "auth.sessions.Sessions", "revoke revoke_all"),
    (SELF, "auth.credentials.Credentials", "change_own confirm"),
    (SELF, "auth.factor.SecondFactor", "new_codes offer offered remove_own state switch_on"),
    (SELF, "auth.sessions.Sessions", "mine"),
    (BEFORE, "auth.identity.Identity", "back_channel base begin came_back offer provider sign_out_address"),
    (BEFORE, "auth.links.Links", "account_of add request use works"),
    (
        BEFORE,
        "auth.session_lookup.SessionLookup",
        "actor alive due look peek touch",
    ),
    (BEFORE, "auth.sessions.Sessions", "add advance begin_for renew sign_out"),
    (BEFORE, "auth.signin.SigningIn", "anybody by_password first_password recognises second_factor step"),
    (BEFORE, "auth.throttle.Throttle", "attempt device_for forget known_device succeeded"),
    (BEFORE, "auth.tokens.Tokens", "actor"),
    (BEFORE, "auth.factor.SecondFactor", "accept"),
    (OURS, "auth.accounts.Accounts", "find_by_name make_first names"),
    (OURS, "auth.audit.log.AuditLog", "append check close forget note refused settle start"),
    (OURS, "auth.company.Company", "apply name"),
    (OURS, "auth.credentials.Credentials", "prepared put"),
    (OURS, "auth.keys.KeyRing", "derive open open_text public_half seal sign verify"),
    (OURS, "auth.options.Options", "get"),
    (OURS, "auth.secrets.SecretStore", "acting own own_changed seal stamp unseal"),
    (OURS, "auth.session_lookup.SessionLookup", "forget forget_idle"),
    (OURS, "auth.sessions.Sessions", "end end_account end_within"),
    (OURS, "auth.sharing.Sharing", "resource"),
    (OURS, "auth.tokens.Tokens", "forget"),
    (OURS, "engine.catalog.loading.Loading", "environment load prepare readme unpacked"),
    (OURS, "engine.catalog.service.Catalog", "resource"),
    (OURS, "engine.data.service.Datasets", "close fits resource"),
    (OURS, "engine.notify.desk.MailDesk", "base mail_password mail_settings"),
    (
        OURS,
        "engine.notify.service.Notify",
        "gave_up mail newest_unread settings_changed start stop tell wake",
    ),
    (OURS, "engine.parameters.imports.service.ParameterFiles", "zones"),
    (OURS, "engine.parameters.feeds.fetching.Fetching", "fetch_new owner"),
    (OURS, "engine.parameters.feeds.service.Feeds", "start stop"),
    (OURS, "engine.parameters.set_part.SetPart", "found holder resolved resource today"),
    (OURS, "engine.runs.drafts.Drafts", "forget keep kept"),
    (OURS, "engine.runs.service.Runs", "close expected_seconds loaded resource shadow wait"),
    (
        OURS,
        "engine.store.blobs.BlobStore",
        "clean delete exists iterate local_path open put_bytes put_file put_stream size",
    ),
)
UNGUARDED = {f"{owner}.{name}": reason for reason, owner, names in GROUPS for name in names.split()}
