"""Which session a page script runs for: read from the websocket that its browser has open."""

from __future__ import annotations

SESSION_HEADER = "x-quarterdeck-session"  # the gate sets them on the way in, and drops what came from outside
ACCOUNT_HEADER = "x-quarterdeck-account"
_KEPT = "_quarterdeck_session"


def token() -> str:
    """The session cookie of the browser that shows this page; empty outside of a page.

    Streamlit forgets the browser when its connection breaks; a run that goes on then still acts for the session
    that started it.
    """
    from streamlit.runtime import exists, get_instance
    from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not exists():
        return ""
    client = get_instance().get_client(context.session_id)
    if client is None:
        kept: str = getattr(context, _KEPT, "")
        return kept
    sent = client.client_context
    for name, value in sent.headers if sent is not None else ():
        if name == SESSION_HEADER:
            setattr(context, _KEPT, value)
            return value
    return ""
