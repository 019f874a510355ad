"""JSON in one spelling, made thousands of times a second: the encoder is made once.

``json.dumps`` with any option of its own makes a new encoder at every call, which for small objects costs more than
writing them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def encoder(*, sort_keys: bool) -> Callable[[Any], str]:
    """What writes JSON without spaces, every script as it is; NaN and infinities raise ValueError."""
    plain = json.JSONEncoder(ensure_ascii=False, sort_keys=sort_keys, separators=(",", ":"), allow_nan=False)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return plain.encode
    quote = json.encoder.encode_basestring
    made = make(None, plain.default, quote, None, ":", ",", sort_keys, False, False)
    return lambda value: "".join(made(value, 0))


canonical: Callable[[Any], str] = encoder(sort_keys=True)
