"""What of Streamlit's belongs to whom: page sessions, their uploads, the media on their pages.

The gate marks each websocket with the account it is for (``server.trustedUserHeaders``); Streamlit keeps that
with the page session and hands a session on to nobody else. Here it is read back.
"""

from __future__ import annotations

import posixpath
import threading
import time
from collections.abc import Iterator
from typing import Any

from starlette.types import Scope

from app.signin.browser import ACCOUNT_HEADER, SESSION_HEADER

UPLOADS = "/_stcore/upload_file/"
USER_KEY = "account"
SEEN_SECONDS = 60.0  # while a page draws itself anew, what it showed a moment ago still belongs to it
_seen: dict[tuple[str, str], float] = {}
_lock = threading.Lock()


def marked(scope: Scope, token: str, account: str) -> Scope:
    """The websocket with whose it is; marks that came from outside are dropped."""
    ours = {SESSION_HEADER.encode(), ACCOUNT_HEADER.encode()}
    kept = [(name, value) for name, value in scope["headers"] if name not in ours]
    kept += [(SESSION_HEADER.encode(), token.encode()), (ACCOUNT_HEADER.encode(), account.encode())]
    return {**scope, "headers": kept}


def may_upload(account: str, path: str) -> bool:
    """Does the page session that ``/_stcore/upload_file/SESSION/FILE`` names belong to this person?"""
    wanted = path[len(UPLOADS) :].partition("/")[0]
    return any(session == wanted for session in page_sessions(account))


def may_see(account: str, path: str) -> bool:
    """Is ``/media/FILE`` on a page that this person has open (or had a moment ago)?"""
    from streamlit.runtime import exists, get_instance

    if not exists():
        return False
    wanted = posixpath.splitext(path.rpartition("/")[2])[0]
    manager = get_instance().media_file_mgr
    now = time.monotonic()
    for session in page_sessions(account):
        shown = dict(manager._files_by_session_and_coord.get(session, {}))
        if wanted in shown.values():
            with _lock:
                if len(_seen) > 10_000:
                    _seen.clear()
                _seen[account, wanted] = now
            return True
    return now - _seen.get((account, wanted), -SEEN_SECONDS) < SEEN_SECONDS


def page_sessions(account: str) -> Iterator[str]:
    """Ids of this person's page sessions (browser tabs)."""
    from streamlit.runtime import exists, get_instance

    if not exists():
        return
    manager: Any = get_instance()._session_mgr
    for info in manager.list_sessions():
        if info.session._user_info.get(USER_KEY) == account:
            yield info.session.id
