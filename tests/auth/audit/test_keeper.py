"""What is done from time to time goes on, and says in one sentence what keeps it from being done."""

from __future__ import annotations

import logging

import pytest

from auth.audit.keeper import Keeper
from auth.service import opened
from engine.access import LOCAL_ADMIN
from engine.settings import Settings


def test_a_lost_key_is_one_sentence_in_the_log(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    first = opened(settings)
    first.secrets.set(LOCAL_ADMIN, "shop", "a password")
    first.audit.anchor(LOCAL_ADMIN)
    first.engine.stop()
    settings.master_key_path.unlink()
    auth = opened(settings.model_copy(update={"audit_anchor_entries": 1}))
    try:
        auth.accounts.add_department(LOCAL_ADMIN, "Sales")
        with caplog.at_level(logging.ERROR):
            Keeper(auth).look()
    finally:
        auth.engine.stop()
    [told] = [one for one in caplog.records if "anchoring failed" in one.getMessage()]
    assert told.exc_info is None
    assert "The master key is gone" in told.getMessage()
