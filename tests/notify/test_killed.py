"""kill -9 while mails are sent: none is lost, and one that was sent twice has the same Message-ID."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from sqlalchemy import select

from auth.secrets import SMTP_PASSWORD
from auth.service import Auth
from engine.access import LOCAL_ADMIN
from engine.notify.outbox import OUTBOX
from engine.settings import ROOT
from tests.notify.mail_server import PASSWORD, MailServer

pytestmark = pytest.mark.slow
MAILS = 6


def sender(auth: Auth) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.notify.sending_process", str(auth.settings.data)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)


def states(auth: Auth) -> list[str]:
    with auth.engine.database.look() as connection:
        return list(connection.execute(select(OUTBOX.c.state)).scalars())


def test_no_mail_is_lost_and_a_repeated_one_is_known_by_its_id(
    auth: Auth, mail_server: MailServer, person: Callable[..., str]
) -> None:
    auth.options.put(LOCAL_ADMIN, "email", mail_server.option())
    auth.secrets.put_own(LOCAL_ADMIN, SMTP_PASSWORD, PASSWORD)
    ada = person("ada", "ada@example.com")
    for n in range(MAILS):
        with auth.engine.database.change(LOCAL_ADMIN) as change:
            auth.engine.notify.tell(change, ada, "run-failed", f"Run {n}")
    mail_server.box.delay = 0.4  # the server has the mail, its answer is still on the way: the worst moment
    for kills in range(3):
        process = sender(auth)
        before = len(mail_server.box.messages)
        mail_server.box.wait(before + 1 + kills % 2, 60)
        process.send_signal(signal.SIGKILL)
        process.wait()
    mail_server.box.delay = 0.0
    process = sender(auth)
    end = time.monotonic() + 60
    while set(states(auth)) != {"sent"} and time.monotonic() < end:
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert states(auth) == ["sent"] * MAILS
    by_subject: dict[str, set[str]] = {}
    for message in mail_server.box.messages:
        by_subject.setdefault(message["Subject"], set()).add(message["Message-ID"])
    assert set(by_subject) == {f"Run {n}" for n in range(MAILS)}
    assert all(len(ids) == 1 for ids in by_subject.values())
    assert len({next(iter(ids)) for ids in by_subject.values()}) == MAILS
    assert len(mail_server.box.messages) <= MAILS + 3  # at most the one under way at each kill
