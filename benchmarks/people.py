"""Who asks in the benchmarks: an administrator, signed in as the server would have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.signin.cookies import SESSION

if TYPE_CHECKING:
    from engine.settings import Settings


def signed_in(settings: Settings) -> dict[str, str]:
    """The cookie header of a signed-in administrator of this data folder (made if there is none)."""
    from auth.service import opened

    auth = opened(settings)
    try:
        auth.accounts.make_first()
        account = auth.accounts.find_by_name("admin")
        assert account is not None
        token = auth.sessions.begin_for(account.id, method="password").token
    finally:
        auth.engine.stop()
    return {"Cookie": f"{SESSION}={token}"}
