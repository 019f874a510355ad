"""Talking to the mail server (RFC 5321): protected, signed in, with time limits; failures in plain words."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from typing import Any

from engine.errors import QuarterdeckError
from engine.network import LOOPBACK
from engine.notify.mail import MailSettings


class MailFailed(QuarterdeckError):
    """A mail could not be sent. ``transient``: trying later may help; ``server``: no other mail would get through."""

    code = "mail-failed"
    status = 502

    def __init__(self, sentence: str, *, transient: bool, server: bool = True) -> None:
        self.again, self.server = transient, server
        super().__init__(sentence)


class MailServer:
    """One connection to the mail server: several mails may go through it. Not thread safe."""

    def __init__(self, settings: MailSettings, password: str | None) -> None:
        self.settings = settings
        self._password = password
        self._smtp: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connect, protect the connection and sign in. Raises MailFailed."""
        given = self.settings
        if given.username and given.security == "none" and given.host not in LOOPBACK:
            raise MailFailed(
                "The password of the mail server would cross the network in the open: choose STARTTLS or TLS.",
                transient=False,
            )
        try:
            self._smtp = smtp = self._connected()
            smtp.ehlo_or_helo_if_needed()
            if given.security == "starttls":
                smtp.starttls(context=self._tls())
                smtp.ehlo()
            if given.username:
                smtp.login(given.username, self._password or "")
        except Exception as error:
            self.close()
            raise self._worded(error) from None

    def send(self, message: Any, recipient: str) -> None:
        """Hand one mail over. Raises MailFailed; returning means that the server took it."""
        if self._smtp is None:
            self.open()
        assert self._smtp is not None
        try:
            self._smtp.send_message(message, from_addr=self.settings.sender, to_addrs=[recipient])
        except Exception as error:
            told = self._worded(error)
            if told.server:
                self.close()
            else:
                with suppress(smtplib.SMTPException, OSError):
                    self._smtp.rset()
            raise told from None

    def close(self) -> None:
        """Say good-bye."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        given = self.settings
        if given.security == "tls":
            return smtplib.SMTP_SSL(
                given.host, given.port, timeout=given.timeout_seconds, context=self._tls()
            )
        return smtplib.SMTP(given.host, given.port, timeout=given.timeout_seconds)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.settings.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _worded(self, error: Exception) -> MailFailed:
        """The failure in plain words. What the server said is shown; the password never is."""
        place = f"{self.settings.host}:{self.settings.port}"
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            code, said = next(iter(error.recipients.values()))
            return MailFailed(
                f"The mail server did not take the recipient ({_said(code, said)}).",
                transient=code < 500,
                server=False,
            )
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return MailFailed(
                f"The mail server {place} did not accept the user name and password "
                f"({_said(error.smtp_code, error.smtp_error)}). Correct them on the page “E-mail”.",
                transient=True,
            )
        if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError):
            return MailFailed(
                f"The mail server {place} did not take the mail ({_said(error.smtp_code, error.smtp_error)}).",
                transient=error.smtp_code < 500,
                server=isinstance(error, smtplib.SMTPSenderRefused) or error.smtp_code in (421, 451, 452),
            )
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return MailFailed(
                f"The mail server {place} does not offer what the settings ask for "
                f"({self.settings.security}, or signing in). Nothing is sent unprotected: correct the settings.",
                transient=True,
            )
        if isinstance(error, ssl.SSLCertVerificationError):
            return MailFailed(
                f"The certificate of the mail server {place} cannot be trusted ({error.verify_message}). Use the "
                "server's proper name, or give the file of your company's certificates.",
                transient=True,
            )
        if isinstance(error, smtplib.SMTPException):
            return MailFailed(f"The mail server {place} broke off ({type(error).__name__}).", transient=True)
        if isinstance(error, OSError):
            why = "it did not answer in time" if isinstance(error, TimeoutError) else error.strerror or error
            return MailFailed(f"The mail server {place} cannot be reached ({why}).", transient=True)
        return MailFailed(
            f"The mail cannot be written ({type(error).__name__}).", transient=False, server=False
        )


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())[:200]}"
