"""From a model version and checked values to what a runtime is handed: ``WorkerSpec`` and ``Call``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.parameters.fields import SecretField, to_wire
from engine.runtimes.interface import Call, Expected, Value, WorkerSpec
from engine.settings import Settings
from engine.store.space import MB

if TYPE_CHECKING:
    from engine.catalog.service import LoadedVersion
    from engine.runs.executor import Job
    from engine.runs.secret_values import CallSecrets


def worker_spec(version: LoadedVersion, settings: Settings) -> WorkerSpec:
    """Which worker runs this version, with the limits of its manifest or else of the settings."""
    limits = version.manifest.limits
    return WorkerSpec(
        language=runtime_name(version),
        key=version.id,
        folder=version.folder,
        entry=version.entry or "",
        interpreter=version.interpreter,
        network=bool(version.manifest.network.allow),
        memory=memory_limit_mb(version, settings) * MB,
        output_bytes=(limits.output_mb or settings.output_limit_mb) * MB,
        log_bytes=settings.log_limit_mb * MB,
        variables=tuple(sorted(version.manifest.environment.variables.items())),
    )


def runtime_name(version: LoadedVersion) -> str:
    """The runtime: the language, or ``command`` for a script that runs unchanged."""
    return "command" if version.manifest.model.command else version.language


def memory_limit_mb(version: LoadedVersion, settings: Settings) -> int:
    """Most memory that one run may use."""
    return int(version.manifest.limits.memory_mb or settings.run_memory_mb)


def timeout_seconds(version: LoadedVersion, settings: Settings) -> int:
    """How long one run may take."""
    return int(version.manifest.limits.timeout_seconds or settings.run_timeout_seconds)


def expected(version: LoadedVersion) -> dict[str, Expected]:
    """The declared outputs as the runtime knows them."""
    return {
        name: Expected(spec.kind, dict(getattr(spec, "columns", None) or {}), getattr(spec, "path", None))
        for name, spec in version.manifest.outputs.items()
    }


def wire_values(
    version: LoadedVersion, values: Mapping[str, Any], secrets: CallSecrets | None = None
) -> dict[str, Value]:
    """Scalar fields and secrets on their way to the model; tables and files travel as folders and paths.

    Raises what looking up a secret raises.
    """
    fields = version.manifest.fields
    needed = {name: {"secret": spec.secret or name} for name, spec in version.manifest.secrets.items()}
    return {
        name: to_wire(fields[name], value, secrets=secrets)
        for name, value in values.items()
        if name in fields and (value is None or fields[name].type not in ("table", "file"))
    } | {name: to_wire(SecretField(), value, secrets=secrets) for name, value in needed.items()}


def call(
    job: Job,
    tables: Mapping[str, Path],
    files: Mapping[str, Path],
    scratch: Path,
) -> Call:
    """The call of a job whose tables and files are in place."""
    return Call(
        id=job.id,
        values=wire_values(job.version, job.values, job.secrets),
        tables=tables,
        files=files,
        expected=expected(job.version),
        scratch=scratch,
        seed=job.seed,
        timeout=job.timeout,
        script=job.version.manifest.script,
    )
