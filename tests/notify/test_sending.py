"""Mail by a real mail server: protected, signed in, patient, once."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from auth import mail_setup
from auth.secrets import SMTP_PASSWORD
from auth.service import Auth
from engine.access import LOCAL_ADMIN
from engine.errors import Invalid
from engine.notify.outbox import OUTBOX
from engine.store.base import utc_now
from tests.notify.conftest import QUICK, acting
from tests.notify.mail_server import PASSWORD, MailServer, html_of, text_of
from tests.waiting import until

Tell = Callable[..., Any]
Person = Callable[..., str]


def rows(auth: Auth) -> list[Any]:
    with auth.engine.database.look() as connection:
        return list(connection.execute(select(OUTBOX).order_by(OUTBOX.c.id)))


def test_a_notice_is_mailed_protected_and_signed_in(
    sending: Auth, mail_server: MailServer, person: Person, tell: Tell
) -> None:
    ada = person("ada", "ada@example.com")
    tell(ada, title="Forecast: a run failed", body="The table has <no> rows.", link="/run?run=01X")
    [message] = mail_server.box.wait(1)
    assert mail_server.box.protected == [True]
    assert message["To"] == "ada@example.com"
    assert message["Subject"] == "Forecast: a run failed"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "http://127.0.0.1:8501/run?run=01X" in text_of(message)
    assert "Hello Ada" in text_of(message)
    assert "The table has &lt;no&gt; rows." in html_of(message)
    until(lambda: rows(sending)[0].state == "sent")
    assert rows(sending)[0].body == ""


@pytest.mark.parametrize("security", ["tls", "none"])
def test_tls_from_the_start_and_a_server_of_this_machine_work_too(
    auth: Auth, tmp_path: Path, person: Person, tell: Tell, security: str
) -> None:
    server = MailServer(tmp_path / "other", security, signing_in=security == "tls").start()
    try:
        auth.options.put(LOCAL_ADMIN, "email", server.option())
        auth.secrets.put_own(LOCAL_ADMIN, SMTP_PASSWORD, PASSWORD)
        assert auth.engine.notify.test(LOCAL_ADMIN, "ada@example.com").ok
        [message] = server.box.wait(1)
        assert message["Subject"] == "Test mail from Quarterdeck"
    finally:
        server.stop()


def test_a_wrong_password_is_said_and_mail_waits_until_it_is_right(
    sending: Auth, mail_server: MailServer, person: Person, tell: Tell
) -> None:
    sending.secrets.put_own(LOCAL_ADMIN, SMTP_PASSWORD, "not-the-password")
    outcome = sending.engine.notify.test(LOCAL_ADMIN, "ada@example.com")
    assert not outcome.ok
    assert "did not accept the user name and password" in outcome.sentence
    assert "not-the-password" not in outcome.sentence
    tell(person("ada", "ada@example.com"))
    until(lambda: bool(rows(sending)[0].error))
    assert mail_server.box.messages == []
    sending.secrets.put_own(LOCAL_ADMIN, SMTP_PASSWORD, PASSWORD)
    sending.engine.notify.settings_changed()
    mail_server.box.wait(1)


def test_the_stored_password_is_never_sent_to_another_server(
    sending: Auth, mail_server: MailServer, tmp_path: Path
) -> None:
    stored = sending.engine.notify.mail_settings()
    other = replace(stored, host="127.0.0.1", security="none")
    outcome = sending.engine.notify.test(LOCAL_ADMIN, "ada@example.com", other)
    assert (outcome.ok, "another mail server" in outcome.sentence) == (False, True)
    with pytest.raises(Invalid, match="another mail server"):
        mail_setup.configure(sending, LOCAL_ADMIN, other)
    mail_setup.configure(sending, LOCAL_ADMIN, replace(stored, sender_name="Models"))
    assert sending.secrets.own(SMTP_PASSWORD) == PASSWORD, "the same server: it stays"
    mail_setup.configure(sending, LOCAL_ADMIN, replace(other, username=""))
    assert sending.secrets.own(SMTP_PASSWORD) is None, "not kept for whoever is named next"
    mail_setup.configure(sending, LOCAL_ADMIN, stored, password=PASSWORD)
    assert sending.engine.notify.test(LOCAL_ADMIN, "ada@example.com").ok


def test_a_server_that_was_down_gets_the_mail_when_it_is_back(
    sending: Auth, mail_server: MailServer, person: Person, tell: Tell
) -> None:
    mail_server.stop()
    tell(person("ada", "ada@example.com"))
    until(lambda: "cannot be reached" in rows(sending)[0].error)
    mail_server.start()
    mail_server.box.wait(1)
    until(lambda: rows(sending)[0].state == "sent")
    assert len(mail_server.box.messages) == 1


def test_nothing_is_sent_to_a_server_whose_certificate_is_not_trusted(
    sending: Auth, mail_server: MailServer
) -> None:
    sending.options.put(LOCAL_ADMIN, "email", mail_server.option(ca_file=""))
    outcome = sending.engine.notify.test(LOCAL_ADMIN, "ada@example.com")
    assert not outcome.ok
    assert "certificate" in outcome.sentence
    assert mail_server.box.messages == []


def test_protection_that_the_server_does_not_offer_is_no_reason_to_go_without(
    auth: Auth, tmp_path: Path
) -> None:
    server = MailServer(tmp_path / "other", "none", signing_in=False).start()
    try:
        auth.options.put(LOCAL_ADMIN, "email", server.option(security="starttls"))
        outcome = auth.engine.notify.test(LOCAL_ADMIN, "ada@example.com")
        assert not outcome.ok
        assert "Nothing is sent unprotected" in outcome.sentence
        assert server.box.messages == []
    finally:
        server.stop()


def test_a_recipient_that_is_refused_for_good_is_given_up_with_a_notice_to_administrators(
    sending: Auth, mail_server: MailServer, person: Person, tell: Tell
) -> None:
    from engine.store.tables_access import GrantRow

    chief = person("chief")
    with sending.engine.database.change(LOCAL_ADMIN) as change:
        change.session.add(GrantRow(account=chief, role="administrator", department=""))
    mail_server.box.refuse["gone@example.com"] = "550 no such person"
    tell(person("gone", "gone@example.com"))
    tell(person("ada", "ada@example.com"))
    mail_server.box.wait(1)
    until(lambda: {row.state for row in rows(sending)} == {"sent", "failed"})
    notices = sending.engine.notify.list(acting(chief))
    assert [notice.kind for notice in notices] == ["mail-failed"]
    assert "gone@example.com" in notices[0].title
    assert "no such person" in notices[0].body


def test_a_recipient_that_is_refused_for_now_is_tried_again(
    sending: Auth, mail_server: MailServer, person: Person, tell: Tell
) -> None:
    mail_server.box.refuse["ada@example.com"] = "451 come back later"
    tell(person("ada", "ada@example.com"))
    until(lambda: rows(sending)[0].attempts >= 2)
    del mail_server.box.refuse["ada@example.com"]
    mail_server.box.wait(1)


def test_a_mail_sent_twice_has_the_same_message_id(
    sending: Auth, mail_server: MailServer, person: Person, tell: Tell
) -> None:
    tell(person("ada", "ada@example.com"))
    mail_server.box.wait(1)
    until(lambda: rows(sending)[0].state == "sent")
    first = rows(sending)[0]
    with sending.engine.database.change(LOCAL_ADMIN) as change:  # as a crash right after sending leaves it
        from engine.notify.mail import Letter
        from engine.notify.outbox import context

        assert sending.engine.secrets is not None
        body = sending.engine.secrets.seal(Letter("again", "again").text(), context(first.id))
        change.connection.execute(
            update(OUTBOX).values(state="waiting", body=body, sent_at=None, next_at=utc_now())
        )
    sending.engine.notify.wake()
    one, two = mail_server.box.wait(2)
    assert one["Message-ID"] == two["Message-ID"]


def test_a_change_that_fails_mails_nothing(sending: Auth, mail_server: MailServer, person: Person) -> None:
    ada = person("ada", "ada@example.com")
    with suppress(ZeroDivisionError), sending.engine.database.change(LOCAL_ADMIN) as change:
        sending.engine.notify.tell(change, ada, "run-failed", "Never happened")
        change.afterwards.append(lambda: pytest.fail("the change was not undone"))
        _ = 1 / 0
    time.sleep(0.3)
    assert rows(sending) == []
    assert mail_server.box.messages == []


def test_line_breaks_in_a_title_make_no_header(
    sending: Auth, mail_server: MailServer, person: Person, tell: Tell
) -> None:
    tell(person("ada", "ada@example.com"), title="Run\r\nBcc: all@example.com")
    [message] = mail_server.box.wait(1)
    assert message["Bcc"] is None
    assert message["Subject"] == "Run Bcc: all@example.com"


def test_at_most_so_many_notices_are_mailed_in_an_hour_but_safety_always(
    auth: Auth, mail_server: MailServer, person: Person, tell: Tell
) -> None:
    auth.options.put(LOCAL_ADMIN, "email", mail_server.option())
    ada = person("ada", "ada@example.com")
    for n in range(30):
        tell(ada, title=f"Run {n}")
    assert len(rows(auth)) == 20
    tell(ada, kind="password-changed", title="Your password was changed")
    assert len(rows(auth)) == 21
    assert auth.engine.notify.unread(acting(ada)) == 31


def test_the_text_of_a_waiting_mail_is_not_readable_in_the_database(
    auth: Auth, mail_server: MailServer, tmp_path: Path
) -> None:
    auth.options.put(LOCAL_ADMIN, "email", mail_server.option())
    with auth.engine.database.change(LOCAL_ADMIN) as change:
        link = "/auth/reset?token=one-time-token-canary"
        assert auth.engine.notify.mail(change, "ada@example.com", "Reset", "Use this link.", link)
    found = b"".join(file.read_bytes() for file in (tmp_path / "data").glob("quarterdeck.db*"))
    assert b"one-time-token-canary" not in found
    auth.secrets.put_own(LOCAL_ADMIN, SMTP_PASSWORD, PASSWORD)
    auth.engine.notify.start(QUICK)
    [message] = mail_server.box.wait(1)
    assert "one-time-token-canary" in text_of(message)
    auth.engine.notify.stop()
