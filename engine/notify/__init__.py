"""Notices to people: an inbox for each, and e-mail where it is set up.

Both are written in the transaction of the change that they tell of. Mail is sent afterwards by a thread of
the server, from the outbox: a mail that was promised survives a crash, and one that may have been sent twice
has the same Message-ID both times.
"""

from __future__ import annotations
