"""What a change of parameters does to results: the metrics of two runs side by side. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from engine.catalog.manifest import Manifest
    from engine.runs.records import RunOutput, RunRecord

Verdict = Literal["better", "worse", "same", "changed"]
MOST_METRICS = 40


@dataclass(frozen=True)
class MetricEffect:
    """One metric before and after; ``relative`` is the difference over before, ``verdict`` by what is declared good."""

    name: str
    title: str
    unit: str
    decimals: int | None
    headline: bool
    better: str | None
    before: float | None
    after: float | None
    difference: float | None
    relative: float | None
    verdict: Verdict


@dataclass(frozen=True)
class OutputEffect:
    """A table, figure or file before and after: do its contents differ, and how many rows has it?"""

    name: str
    title: str
    kind: str
    differs: bool
    rows_before: int | None
    rows_after: int | None


@dataclass(frozen=True)
class Effect:
    """The two runs, and what their results say. ``metrics`` and ``outputs`` are empty until both have succeeded.

    ``outdated`` says what has changed since the runs were made: ``in-force`` (other values hold without the
    version now), ``model`` (another version of the model is live); empty: nothing.
    """

    number: int
    before: RunRecord
    after: RunRecord
    by: str
    at: datetime
    metrics: list[MetricEffect] = field(default_factory=list)
    outputs: list[OutputEffect] = field(default_factory=list)
    outdated: str = ""

    @property
    def finished(self) -> bool:
        """Have both runs ended?"""
        return self.before.finished and self.after.finished

    @property
    def succeeded(self) -> bool:
        """Did both end well?"""
        return self.before.state == self.after.state == "succeeded"


@dataclass(frozen=True)
class Trial:
    """A pair of shadow runs that somebody asked for."""

    by: str
    at: datetime
    before_run: str
    after_run: str


@dataclass(frozen=True)
class TrialInput:
    """An input of the model and the data proposed for it: ``source`` is default, last-run or (nothing found) empty."""

    name: str
    title: str
    required: bool
    reference: str
    source: str


def metrics(
    before: Iterable[RunOutput], after: Iterable[RunOutput], manifest: Manifest | None
) -> list[MetricEffect]:
    """The metrics of both runs, headlines first; where the model declares headlines, only those and what moved."""
    old = {o.name: o for o in before if o.kind == "metric"}
    new = {o.name: o for o in after if o.kind == "metric"}
    declared = manifest.outputs if manifest is not None else {}
    names = [n for n in declared if n in old or n in new]
    names += sorted((old.keys() | new.keys()) - set(names))
    found = [_metric(n, old.get(n), new.get(n), declared.get(n)) for n in names]
    found.sort(key=lambda one: not one.headline)
    if any(one.headline for one in found):
        found = [one for one in found if one.headline or one.verdict != "same"]
    return found[:MOST_METRICS]


def _metric(name: str, old: RunOutput | None, new: RunOutput | None, spec: Any) -> MetricEffect:
    before, after = _number(old), _number(new)
    difference = relative = None
    if before is not None and after is not None and math.isfinite(before) and math.isfinite(after):
        difference = after - before
        relative = difference / abs(before) if before else None
    either = new or old
    title = getattr(spec, "title", "") or (either.title if either is not None else "") or name
    better = getattr(spec, "better", None)
    return MetricEffect(
        name,
        title,
        getattr(spec, "unit", "") or "",
        getattr(spec, "decimals", None),
        bool(getattr(spec, "headline", False)),
        better,
        before,
        after,
        difference,
        relative,
        verdict(before, after, better),
    )


def verdict(before: float | None, after: float | None, better: str | None) -> Verdict:
    """Is it better now? Without a direction in the manifest only whether it moved; NaN is never better."""
    if before is None or after is None:
        return "same" if before is after else "changed"
    if before == after or (math.isnan(before) and math.isnan(after)):
        return "same"
    if better is None or math.isnan(before) or math.isnan(after):
        return "changed"
    return "better" if (after > before) == (better == "higher") else "worse"


def _number(output: RunOutput | None) -> float | None:
    if output is None or output.value is None:
        return None
    try:
        return float(output.value)  # NaN and the infinities are kept as their names
    except (TypeError, ValueError):
        return None


def others(
    before: Iterable[RunOutput], after: Iterable[RunOutput], titles: Mapping[str, str]
) -> list[OutputEffect]:
    """The other outputs, by content: tables, figures, files and texts; where the model declares any, only those.

    What else a script leaves behind (what it prints, plots on the way) says little about a change.
    """
    old = {o.name: o for o in before if o.kind != "metric" and (not titles or o.name in titles)}
    new = {o.name: o for o in after if o.kind != "metric" and (not titles or o.name in titles)}
    found = []
    for name in [*old, *(n for n in new if n not in old)]:
        one, two = old.get(name), new.get(name)
        either = one or two
        assert either is not None
        differs = one is None or two is None or (one.blob, one.value) != (two.blob, two.value)
        found.append(
            OutputEffect(
                name,
                titles.get(name) or either.title or name,
                either.kind,
                differs,
                one.rows if one is not None else None,
                two.rows if two is not None else None,
            )
        )
    return found
