"""``quarterdeck check FOLDER``: does a model folder hold what its manifest promises? For anybody's CI."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.access import Actor
from engine.catalog import environments, sources
from engine.catalog.golden import csv_to_parquet, differences
from engine.catalog.manifest import load_manifest
from engine.catalog.manifest_model import Golden, Manifest
from engine.catalog.records import CheckReport, CheckStep, LoadedVersion
from engine.errors import QuarterdeckError
from engine.runtimes.interface import CallFailed, Result
from engine.store.base import utc_now

if TYPE_CHECKING:
    from engine.engine import Engine

Tell = Callable[[str], None]


class StepFailed(QuarterdeckError):
    """A step found something wrong; the message says what."""


def check_folder(engine: Engine, actor: Actor, folder: Path, tell: Tell | None = None) -> CheckReport:
    """Check a folder. Never raises for what is wrong with the model: the report says it.

    Secrets that golden cases need are those that ``actor`` may use.

    The check works on a copy that holds exactly what registering would take.
    """
    scratch = Path(tempfile.mkdtemp(prefix="check-", dir=_scratch_root(engine)))
    check = Check(engine, folder, scratch, tell, actor)
    try:
        check.run()
    finally:
        if check.version is not None:
            engine.pool.forget(check.version.id)
        shutil.rmtree(scratch, ignore_errors=True)
    manifest = check.manifest
    return CheckReport(str(folder), manifest.model.name if manifest else "", check.steps)


def _scratch_root(engine: Engine) -> Path:
    root = engine.settings.data / "incoming"
    root.mkdir(parents=True, exist_ok=True)
    return root


class Check:
    """One check under way: each step is timed, and the next ones wait for what they need."""

    def __init__(self, engine: Engine, folder: Path, scratch: Path, tell: Tell | None, actor: Actor) -> None:
        self.actor = actor
        self.engine, self.folder, self.scratch, self.tell = engine, folder, scratch, tell
        self.steps: list[CheckStep] = []
        self.manifest: Manifest | None = None
        self.version: LoadedVersion | None = None

    def run(self) -> None:
        """All steps in order; a failed one ends the check, except between golden cases."""
        if not self.step("manifest", self._manifest) or not self.step("environment", self._environment):
            return
        assert self.manifest is not None
        if not self.manifest.is_script and not self.step("load", self._load):
            return
        for n, case in enumerate(self.manifest.golden, 1):
            self.step(f"golden case {case.name or n}", partial(self._golden, case))
        if not self.manifest.golden:
            self.steps.append(
                CheckStep(
                    "golden cases",
                    True,
                    "The manifest has none: add one, so that a change of results is noticed.",
                )
            )

    def step(self, name: str, work: Callable[[], str]) -> bool:
        """Do one step and keep what it says."""
        if self.tell:
            self.tell(name)
        began = time.monotonic()
        try:
            sentence, ok = work(), True
        except CallFailed as failure:
            sentence, ok = "\n".join(filter(None, (failure.sentence, failure.trace.strip()))), False
        except QuarterdeckError as failure:
            sentence, ok = failure.sentence, False
        self.steps.append(CheckStep(name, ok, sentence, time.monotonic() - began))
        return ok

    def _manifest(self) -> str:
        self.manifest = manifest = load_manifest(self.folder)
        files = sources.files_of(self.folder)
        copy = self.scratch / "model"
        for file in files:
            target = copy / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.real, target)
            target.chmod(0o555 if file.executable else 0o444)
        size = sum(f.size for f in files)
        counts = f"{len(manifest.fields)} fields, {len(manifest.outputs)} outputs"
        return f"{counts}; {len(files)} files, {size / 1024:,.0f} KB."

    def _environment(self) -> str:
        manifest, settings = self.manifest, self.engine.settings
        assert manifest is not None
        found = environments.environment_of(
            manifest, self.scratch / "model", settings, lambda _: None, self.tell
        )
        interpreter = None
        if found.own:
            interpreter = environments.build(
                found.id, "\n".join(found.description["lock"]), settings, self.tell
            )
        model = manifest.model
        self.version = LoadedVersion(
            f"check-{secrets.token_hex(8)}", model.name, 0, manifest, self.scratch / "model", found.id,
            model.language, model.entry, "", utc_now(), "", interpreter,
        )  # fmt: skip
        version = found.description.get("version") or "not installed"
        return f"{model.language} {version}, {'its own packages' if found.own else 'the default packages'}."

    def _load(self) -> str:
        from engine.runs.plan import worker_spec

        assert self.version is not None
        self.engine.pool.warm(worker_spec(self.version, self.engine.settings))
        return f"{self.version.entry} is loaded."

    def _golden(self, case: Golden) -> str:
        result = self._call(case)
        assert self.version is not None
        self._declared(result)
        said = differences(case, result.outputs, self.version.folder, self.scratch)
        if said:
            raise StepFailed(" ".join(said))
        compared = ", ".join([*case.expect, *case.expect_table])
        return f"{compared} as expected; outputs as declared."

    def _declared(self, result: Result) -> None:
        """The outputs keep their declarations. Raises CallFailed (bad-output)."""
        from engine.data.tables import columns_header
        from engine.runs.publish import check_columns, check_names

        assert self.manifest is not None
        check_names(result, self.manifest.outputs)
        for output in result.outputs:
            spec = self.manifest.outputs.get(output.name)
            if spec is not None and output.kind == "table" and output.path is not None:
                _, columns = columns_header(output.path)
                check_columns(output.name, {c.name: c.type for c in columns}, spec.columns)

    def _call(self, case: Golden) -> Result:
        from engine.parameters.checking import check_values
        from engine.runs import plan, secret_values
        from engine.runs.executor import Job
        from engine.runs.hiding import hiding

        assert self.manifest is not None
        assert self.version is not None
        values = check_values(self.manifest, case.values, today=case.today)
        place = self.scratch / secrets.token_hex(4)
        place.mkdir()
        tables = self._tables(case, values, place)
        call_id = f"check-{secrets.token_hex(6)}"
        given = secret_values.for_call(
            self.engine, self.actor, self.version, values, purpose="check", run=call_id
        )
        job = Job(
            call_id,
            self.version,
            values,
            [],
            case.seed,
            float(plan.timeout_seconds(self.version, self.engine.settings)),
            given,
        )
        call = plan.call(job, tables, {}, self._call_folder(place))
        spec = plan.worker_spec(self.version, self.engine.settings)
        if given is None:
            return self.engine.pool.call(spec, call)
        return hiding(given.hider, None, lambda passing: self.engine.pool.call(spec, call, passing))

    def _call_folder(self, place: Path) -> Path:
        folder = place / "scratch"
        folder.mkdir(mode=0o700)
        return folder

    def _tables(self, case: Golden, values: dict[str, Any], place: Path) -> dict[str, Path]:
        """Inputs from the case's CSV files and the table fields, as column folders."""
        from engine.data.tables import parquet_to_columns
        from engine.runs.table_fields import write_table_field

        assert self.manifest is not None
        tables: dict[str, Path] = {}
        for name, file in case.inputs.items():
            types = dict(self.manifest.inputs[name].columns)
            parquet = csv_to_parquet(
                self.folder / file, place, {c: t for c, t in types.items() if t == "text"}
            )
            tables[name] = place / f"input-{len(tables)}"
            parquet_to_columns(parquet, tables[name], types)
        for name, value in values.items():
            if value is not None and self.manifest.fields[name].type == "table":
                tables[name] = write_table_field(value, place / f"field-{len(tables)}")
        return tables
