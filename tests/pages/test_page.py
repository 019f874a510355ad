"""No traceback ever: known errors show their sentence, others an id that is also in the log."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest


def _known() -> None:
    from app.components.page import worded
    from engine.errors import NotFound

    with worded("a test"):
        raise NotFound("model", "sales*")


def _unknown() -> None:
    from app.components.page import worded

    with worded("a test"):
        raise RuntimeError("secret inner state")


def _fragment() -> None:
    import streamlit as st

    from app.components.page import guarded

    @st.fragment
    @guarded
    def broken() -> None:
        raise ZeroDivisionError

    broken()
    st.write("still here")


def _control_flow() -> None:
    import streamlit as st

    from app.components.page import worded

    with worded("a test"):
        st.write("before")
        st.stop()


def run(script: Callable[[], None]) -> AppTest:
    return AppTest.from_function(script, default_timeout=20).run()


def test_a_known_error_shows_its_sentence() -> None:
    shown = run(_known)
    assert [e.value for e in shown.error] == [
        "There is no model “sales\\*”. Check the name; the list shows all there are."
    ]
    assert not shown.exception


def test_an_unexpected_error_shows_an_id_and_nothing_of_its_inside() -> None:
    shown = run(_unknown)
    assert "quote" in shown.error[0].value
    assert "secret" not in shown.error[0].value
    assert not shown.exception


def test_a_broken_fragment_leaves_the_rest_of_the_page() -> None:
    shown = run(_fragment)
    assert len(shown.error) == 1
    assert shown.markdown[0].value == "still here"


def test_stopping_a_script_is_no_error() -> None:
    shown = run(_control_flow)
    assert not shown.error
