"""People: accounts, sign-in, sessions, roles, tokens, audit, secrets. Implements what the engine asks for.

``auth.opened(settings)`` opens an engine with all of it attached. Imports point one way: this package knows
``engine`` (access, events, store), the engine does not know it.
"""

from __future__ import annotations
