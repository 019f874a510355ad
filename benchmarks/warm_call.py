"""A warm real-time call, three numbers in and one out: what it costs above the bare function.

The bare function's time is measured inside the worker and taken off. The bar is on the call to the pool
(values in, outputs back, worker's hop included); ``engine.runs.predict``, which pages and API call, is shown
beside it: look-up, checks, provenance and the record (durable within a second) come on top. REST is
everything: HTTP, JSON, predict.
"""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.harness import ACTOR, MODELS, Bench, add_model, percentile, present
from benchmarks.people import signed_in
from benchmarks.processes import free_port, serving
from engine.runs import plan
from engine.runtimes.interface import Call, Value
from engine.store.base import new_id
from engine.store.scratch import Scratch

if TYPE_CHECKING:
    from engine.engine import Engine

VALUES = {"a": 1.5, "b": 2.5, "c": 3.0}
BARS = {"python": (0.2, 1.0), "r": (0.6, None), "julia": (0.3, None)}
PEERS = {
    "python": "MLServer 0.7–1.3 ms, BentoML 1.9 ms (published)",
    "r": "plumber 3.5 ms (published)",
    "julia": "",
}
REST_BAR = 1.0
WARM_UPS = 200


def run(bench: Bench) -> None:
    """All languages in the process, then Python through REST."""
    inside = 0.0
    with bench.engine() as engine:
        for language, (middle, high) in BARS.items():
            if not present(engine, language):
                bench.say(f"    {language} is not installed: left out")
                continue
            name = add_model(engine, MODELS / language).model
            above = _pool_calls(engine, name, bench.options.times(3000))
            p50 = percentile(above, 0.50)
            inside = p50 if language == "python" else inside
            bench.add(f"warm call, {language}, p50", p50, "ms", middle, peer=PEERS[language])
            bench.add(f"warm call, {language}, p99", percentile(above, 0.99), "ms", high)
            whole = _predictions(engine, name, bench.options.times(3000))
            shown = "with checks, provenance and record"
            bench.add(f"real-time call, {language}, p50", percentile(whole, 0.50), "ms", note=shown)
            bench.add(f"real-time call, {language}, p99", percentile(whole, 0.99), "ms", note=shown)
    _through_rest(bench, inside)


def _pool_calls(engine: Engine, name: str, times: int) -> list[float]:
    """Milliseconds above the bare function, of each call to the pool."""
    version = engine.catalog.version(ACTOR, name)
    spec = plan.worker_spec(version, engine.settings)
    values = {field: Value("number", value) for field, value in VALUES.items()}
    scratch = Scratch(engine.settings)
    expected = plan.expected(version)
    above = []
    for n in range(times + WARM_UPS):
        call = Call(new_id(), values, {}, {}, expected, scratch.folder(new_id()))
        started = time.perf_counter()
        result = engine.pool.call(spec, call)
        took = time.perf_counter() - started
        if n >= WARM_UPS:
            above.append((took - result.seconds) * 1000)
    return above


def _predictions(engine: Engine, name: str, times: int) -> list[float]:
    """Milliseconds above the bare function, of each real-time call."""
    above = []
    for n in range(times + WARM_UPS):
        started = time.perf_counter()
        found = engine.runs.predict(ACTOR, name, values=VALUES)
        took = time.perf_counter() - started
        if n >= WARM_UPS:
            above.append((took - found["seconds"]) * 1000)
    return above


def _through_rest(bench: Bench, inside: float) -> None:
    times = bench.options.times(3000)
    no_op = _no_op(times)
    sent = signed_in(bench.settings())
    with serving(bench.settings()) as port:
        path = "/api/v1/models/bench-add-python/predict"
        above = _requests(port, path, times, lambda found: found["seconds"], sent)
    p50 = percentile(above, 0.50)
    peer = f"FastAPI, a route that does nothing, same client: {no_op:.2f} ms"
    bench.add("warm call through REST, python, p50", p50, "ms", peer=peer)
    bench.add("REST above the call to the pool, p50", p50 - inside, "ms", REST_BAR, peer=peer)
    bench.add("warm call through REST, python, p99", percentile(above, 0.99), "ms")


def _requests(
    port: int, path: str, times: int, bare: Callable[[dict[str, float]], float], sent: dict[str, str]
) -> list[float]:
    """One client, kept-alive connection; milliseconds above the bare function."""
    client = http.client.HTTPConnection("127.0.0.1", port)
    client.connect()
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = json.dumps({"values": VALUES}).encode()
    above = []
    for n in range(times + WARM_UPS):
        started = time.perf_counter()
        client.request("POST", path, body, {"Content-Type": "application/json", **sent})
        answer = client.getresponse()
        raw = answer.read()
        took = time.perf_counter() - started
        if answer.status != 200:
            raise RuntimeError(raw.decode())
        if n >= WARM_UPS:
            above.append((took - bare(json.loads(raw))) * 1000)
    client.close()
    return above


NO_OP = """
import sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.post("/x")
async def x() -> dict[str, float]:
    return {"total": 7.0}
uvicorn.run(app, port=int(sys.argv[1]), log_level="critical", access_log=False)
"""


def _no_op(times: int) -> float:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", NO_OP, str(port)])
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        return percentile(_requests(port, "/x", times, lambda _: 0.0, {}), 0.5)
    finally:
        process.terminate()
        process.wait()
