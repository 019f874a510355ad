"""Guessing passwords: a thousand guesses in a row, what others notice of it, and whether names can be told apart.

The guesses and the others' requests go to our server by HTTP; the comparison of names is made inside a process,
with an account of its own for each try: no try is throttled there, and no network hides a difference.
"""

from __future__ import annotations

import http.client
import re
import statistics
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from benchmarks.harness import Bench, percentile
from benchmarks.people import signed_in
from benchmarks.processes import serving

if TYPE_CHECKING:
    from auth.service import Auth

GUESSES = 1000
PAIRS = 200
LOOKED_AT = 20  # of the guesses, at most: each is one password tried
SLOWER = 5.0  # milliseconds that others' requests may take longer at the median
APART = 5.0  # percent between the medians


def run(bench: Bench) -> None:
    """The guesses, then the names."""
    sent = signed_in(bench.settings())
    with serving(bench.settings()) as port:
        _guesses(bench, port, sent)
    _names(bench)


def _guesses(bench: Bench, port: int, sent: dict[str, str]) -> None:
    times = bench.options.times(GUESSES)
    quiet = _others(port, sent, 0, stop=None)
    stop = threading.Event()
    during: list[float] = []
    watching = threading.Thread(target=lambda: during.extend(_others(port, sent, 10**9, stop=stop)))
    watching.start()
    started = time.perf_counter()
    statuses = Guesser(port).guess("admin", times)
    seconds = time.perf_counter() - started
    stop.set()
    watching.join()
    bench.add(f"{times} guesses in a row: let in", statuses.count(303), "times", 0)
    bench.add(f"{times} guesses in a row: passwords looked at", statuses.count(401), "times", LOOKED_AT)
    bench.add("a guess that is refused", seconds / times * 1000, "ms")
    before, after = statistics.median(quiet) * 1000, statistics.median(during) * 1000
    bench.add("others' requests while somebody guesses, p50", after, "ms", note=f"alone {before:.2f} ms")
    bench.add("what that is above alone, p50", after - before, "ms", SLOWER)
    bench.add("others' requests while somebody guesses, p99", percentile(during, 0.99) * 1000, "ms")


class Guesser:
    """A program that fills in the sign-in form again and again, over one connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def guess(self, name: str, times: int) -> list[int]:
        """HTTP statuses of so many tries: 401 wrong, 429 refused without a look, 303 let in."""
        self._client.request("GET", "/auth/sign-in")
        answer = self._client.getresponse()
        page = answer.read().decode()
        cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
        found = re.search(r'name="form" value="([^"]+)"', page)
        assert found is not None, "the sign-in page has no form"
        headers = {
            "Cookie": cookie,
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://127.0.0.1:{self._port}",
        }
        statuses = []
        for number in range(times):
            form = urlencode({"form": found[1], "name": name, "password": f"guess number {number}"})
            self._client.request("POST", "/auth/sign-in", form, headers)
            answer = self._client.getresponse()
            answer.read()
            statuses.append(answer.status)
        return statuses


def _others(port: int, sent: dict[str, str], most: int, stop: threading.Event | None) -> list[float]:
    """Seconds of a signed-in person's requests, one every 20 ms."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times: list[float] = []
    while len(times) < (most or 200) and not (stop is not None and stop.is_set()):
        started = time.perf_counter()
        client.request("GET", "/api/v1/models", headers=sent)
        answer = client.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the other person got {answer.status}")
        times.append(time.perf_counter() - started)
        time.sleep(0.02)
    return times


def _names(bench: Bench) -> None:
    from auth.service import opened

    pairs = bench.options.times(PAIRS)
    auth = opened(bench.settings(data_folder=bench.folder / "names"))
    try:
        _people(auth, pairs)
        known: list[float] = []
        unknown: list[float] = []
        for number in range(pairs):
            # in turns, and not always the same one first: the machine's mood is the same for both
            for kind in ("known", "unknown") if number % 2 else ("unknown", "known"):
                took = _wrong(auth, f"{kind}-{number}", f"10.{number % 200}.{kind == 'known':d}.7")
                (known if kind == "known" else unknown).append(took)
    finally:
        auth.engine.stop()
    one, other = statistics.median(known), statistics.median(unknown)
    apart = abs(one - other) / max(one, other) * 100
    note = f"known {one * 1000:.1f} ms, unknown {other * 1000:.1f} ms"
    bench.add(f"known and unknown names, medians of {pairs} pairs apart", apart, "%", APART, note=note)


def _people(auth: Auth, number: int) -> None:
    """Accounts with a password (all the same one: it is hashed once)."""
    from auth import passwords
    from engine.access import SYSTEM
    from engine.store.tables_access import AccountRow

    kept = passwords.hashed(passwords.generated())
    with auth.engine.database.change(SYSTEM) as change:
        change.session.add_all([AccountRow(name=f"known-{n}", password_hash=kept) for n in range(number)])


def _wrong(auth: Auth, name: str, address: str) -> float:
    from auth.signin import SignInRefused

    started = time.perf_counter()
    try:
        auth.signin.by_password(name, "a wrong password", address=address)
    except SignInRefused:
        return time.perf_counter() - started
    raise RuntimeError("a wrong password was let in")
