"""Metrics for Prometheus, in its text format."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy import text

from app import state
from engine.engine import Engine
from engine.errors import Unavailable
from engine.store.database import EventRow

REGISTRY = CollectorRegistry()
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
REQUESTS = Counter(
    "quarterdeck_requests", "Requests of the REST API.", ("method", "route", "status"), registry=REGISTRY
)
REQUEST_SECONDS = Histogram(
    "quarterdeck_request_seconds",
    "Time to answer a request of the REST API.",
    ("method", "route"),
    buckets=BUCKETS,
    registry=REGISTRY,
)
EVENTS = Counter("quarterdeck_events", "Events by name, since the start.", ("name",), registry=REGISTRY)


@lru_cache(maxsize=2000)
def _children(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), REQUEST_SECONDS.labels(method, route)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """One answered request. ``route`` is the template, never the address itself."""
    requests, request_seconds = _children(method, route, status)
    requests.inc()
    request_seconds.observe(seconds)


def count_event(row: EventRow) -> None:
    """A listener of the database: counts each committed event."""
    EVENTS.labels(row.name).inc()


class EngineCollector:
    """What is asked of the engine at each scrape: runs by state, memory of workers, models and data."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families; none before the engine has started."""
        try:
            engine = state.engine()
        except Unavailable:
            return
        runs = GaugeMetricFamily("quarterdeck_runs", "Runs in the database by state.", labels=["state"])
        for name, number in _rows(engine, "SELECT state, count(*) FROM run GROUP BY state"):
            runs.add_metric([str(name)], number)
        yield runs
        yield GaugeMetricFamily(
            "quarterdeck_pool_bytes", "Memory of all workers.", value=engine.pool.memory()
        )


def _rows(engine: Engine, query: str) -> list[Any]:
    with engine.database.read() as session:
        return list(session.connection().execute(text(query)))


REGISTRY.register(EngineCollector())
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)


def exposition() -> bytes:
    """All metrics in Prometheus's text format."""
    return generate_latest(REGISTRY)
