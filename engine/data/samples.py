"""The example data, taken at set-up from packages that are installed or fetched then.

Their redistribution terms are not ours to assume: nothing of them lies in the repository; source and
licence stand in each dataset's lineage.
"""

from __future__ import annotations

import csv
import hashlib
import logging
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.options import IngestOptions
from engine.errors import QuarterdeckError
from engine.settings import ROOT, Settings

if TYPE_CHECKING:
    from engine.access import Actor
    from engine.engine import Engine

log = logging.getLogger(__name__)
Note = Callable[[str], None]

LIFETIMES = "Lifetimes-0.11.3-py3-none-any.whl"
LIFETIMES_SHA256 = "261e3dc89977c2b60767ca6728aaa29d429de0c814635070a749c36555895da8"
CDNOW = "lifetimes/datasets/CDNOW_master.txt"
R_SCRIPT = Path(__file__).with_name("samples.R")


@dataclass(frozen=True)
class Sample:
    """One example dataset: where it comes from, and what may be done with it as far as its source says."""

    name: str
    title: str
    department: str
    source: str
    licence: str
    origin: str  # bayesm | lifetimes
    types: dict[str, str] = field(default_factory=dict)


_BAYESM = "R package bayesm 3.1 (Debian r-cran-bayesm)"
SAMPLES = (
    Sample(
        "orange-juice-sales",
        "Orange juice: weekly sales by store and brand",
        "Procurement",
        f"{_BAYESM}, data set orangeJuice: weekly sales of refrigerated orange juice at 83 stores, collected by the "
        "James M. Kilts Center, University of Chicago (Montgomery 1997). Units are cartons sold (exp(logmove) over the "
        "carton's ounces), price is for a carton in USD, week is the first day of the store week.",
        "The package is GPL (>= 2); the data's own terms are the Kilts Center's: for use here, not for passing on.",
        "bayesm",
    ),
    Sample(
        "scotch-brands",
        "Scotch: which brands people use",
        "Marketing",
        f"{_BAYESM}, data set Scotch: brands of Scotch whisky used in the last year by 2,218 respondents of the "
        "Simmons Study of Media and Markets (Edwards and Allenby 2003).",
        "The package is GPL (>= 2); terms of the data themselves are their owner's: for use here, not for passing on.",
        "bayesm",
    ),
    Sample(
        "margarine-purchases",
        "Margarine: purchases of households",
        "Marketing",
        f"{_BAYESM}, data set margarine: purchases of 516 households (Allenby and Rossi 1991).",
        "The package is GPL (>= 2); terms of the data themselves are their owner's: for use here, not for passing on.",
        "bayesm",
        {"household": "text"},
    ),
    Sample(
        "cdnow-transactions",
        "CDNOW: purchases of customers",
        "Marketing",
        "Python package Lifetimes 0.11.3, file CDNOW_master.txt: purchases of 23,570 customers from January 1997 to "
        "June 1998 (Fader and Hardie 2001).",
        "The package is MIT; terms of the data themselves are their authors': for use here, not for passing on.",
        "lifetimes",
        {"customer": "text"},
    ),
)


def prepare(engine: Engine, actor: Actor, note: Note = lambda text: None) -> list[str]:
    """Make the example datasets that are not there yet; returns the names of those that it made.

    What cannot be had (no R, no network) is said through ``note``, and the rest is made all the same.
    """
    there = {card.name for card in engine.datasets.list(actor)}
    made: list[str] = []
    for origin, read in (("bayesm", _from_bayesm), ("lifetimes", _from_lifetimes)):
        wanted = [s for s in SAMPLES if s.origin == origin and s.name not in there]
        if wanted:
            made += _prepare(engine, actor, wanted, read, note)
    return made


def _prepare(engine: Engine, actor: Actor, wanted: list[Sample], read: Any, note: Note) -> list[str]:
    made = []
    try:
        with read(engine.settings, note) as folder:
            for sample in wanted:
                note(f"Example data: {sample.title}")
                engine.datasets.ingest(
                    actor,
                    sample.name,
                    folder / f"{sample.name}.csv",
                    title=sample.title,
                    department=sample.department,
                    source=sample.source,
                    licence=sample.licence,
                    options=IngestOptions(types=sample.types),
                )
                made.append(sample.name)
    except _NotToBeHad as reason:
        note(f"Without example data {', '.join(s.name for s in wanted)}: {reason}")
    except QuarterdeckError as error:
        note(f"Example data {', '.join(s.name for s in wanted)}: {error.sentence}")
    return made


class _NotToBeHad(Exception):
    """Why a source is not there, and what to do."""


@contextmanager
def _from_bayesm(settings: Settings, note: Note) -> Iterator[Path]:
    """A folder with the CSV files that R writes from its package."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        raise _NotToBeHad("R is not installed. Install r-base-core and r-cran-bayesm, then start again.")
    with tempfile.TemporaryDirectory(prefix="quarterdeck-samples-") as name:
        done = subprocess.run(
            [rscript, "--vanilla", str(R_SCRIPT), name],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode == 3:
            raise _NotToBeHad(
                "the R package bayesm is not installed. Install r-cran-bayesm, then start again."
            )
        if done.returncode:
            raise _NotToBeHad(f"R could not read its package bayesm ({done.stderr.strip()[-200:]}).")
        yield Path(name)


@contextmanager
def _from_lifetimes(settings: Settings, note: Note) -> Iterator[Path]:
    """A folder with the CDNOW table as CSV, read out of the pinned archive without installing it."""
    archive = _archive(settings, note)
    with tempfile.TemporaryDirectory(prefix="quarterdeck-samples-") as name:
        target = Path(name) / "cdnow-transactions.csv"
        with (
            zipfile.ZipFile(archive) as wheel,
            wheel.open(CDNOW) as lines,
            target.open("w", newline="") as out,
        ):
            writer = csv.writer(out)
            writer.writerow(("customer", "date", "quantity", "amount"))
            next(lines)  # its own column names
            for line in lines:
                customer, day, quantity, amount = line.decode("ascii").split()
                writer.writerow((customer, f"{day[:4]}-{day[4:6]}-{day[6:]}", quantity, amount))
        yield Path(name)


def _archive(settings: Settings, note: Note) -> Path:
    folder = settings.tools / "samples"
    archive = folder / LIFETIMES
    if not archive.exists():
        note("Fetching the archive with the CDNOW purchases (0.6 MB)")
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(settings, folder)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != LIFETIMES_SHA256:
        archive.unlink()
        raise _NotToBeHad(
            f"{archive} is not the pinned archive (SHA-256 {found}); it was removed. Start again."
        )
    return archive


def _fetch(settings: Settings, folder: Path) -> None:
    """Have pip fetch the archive: the person's index, proxies and certificates hold, the hash is checked."""
    pythons = [
        settings.tools / "uv" / "bin" / "python",
        Path(sys.executable),
        Path(shutil.which("python3") or "python3"),
    ]
    problem = "no pip was found"
    for python in pythons:
        command = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        command += ["--require-hashes", "-r", str(ROOT / "requirements" / "samples.txt"), "-d", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            problem = str(error)
            continue
        if done.returncode == 0 and (folder / LIFETIMES).exists():
            return
        if "No module named pip" not in done.stderr:
            problem = (done.stderr.strip().splitlines() or ["unknown"])[-1][:200]
    log.warning("the CDNOW archive could not be fetched: %s", problem)
    raise _NotToBeHad(
        f"its archive could not be fetched ({problem}). Check the network (pip's settings hold), or put "
        f"{LIFETIMES} into {folder}, then start again."
    )
