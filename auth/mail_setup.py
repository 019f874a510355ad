"""Setting up the mail server: its settings and its password change together, and the password stays with its server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.secrets import SMTP_PASSWORD
from engine.errors import Invalid, Problem
from engine.notify.desk import OPTION
from engine.notify.mail import MailSettings

if TYPE_CHECKING:
    from auth.service import Auth
    from engine.access import Actor


def configure(
    auth: Auth, actor: Actor, settings: MailSettings, *, password: str = "", reason: str = ""
) -> None:
    """Store the settings; they count at once. Without a ``password`` the stored one stays with the same server.

    Another server is never sent it: there it must be typed again, or is removed where nobody signs in.
    Raises Invalid with all that is wrong, Refused.
    """
    settings.check()
    moved = settings.host != MailSettings.of(auth.options.get(OPTION)).host
    if moved and not password and auth.secrets.own_changed(SMTP_PASSWORD) is not None:
        if settings.username:
            sentence = "The stored password belongs to another mail server. Type the password of this one."
            raise Invalid(
                "the e-mail settings", [Problem("password", sentence, "", "password-of-this-server")]
            )
        auth.secrets.put_own(actor, SMTP_PASSWORD, None, reason)
    if password:
        auth.secrets.put_own(actor, SMTP_PASSWORD, password, reason)
    auth.options.put(actor, OPTION, settings.as_option(), reason)
    auth.engine.notify.settings_changed()
