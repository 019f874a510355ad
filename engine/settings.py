"""Settings: typed, documented, one environment prefix (``QUARTERDECK_``).

Every field's description is its documentation; a test holds docs/ against this list.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import SettingsConfigDict

from engine.errors import Invalid, Problem
from engine.feed_settings import FeedSettings
from engine.network import NetworkSettings

ROOT = Path(__file__).resolve().parent.parent


class Settings(FeedSettings, NetworkSettings):
    """Where things are and how much of the machine may be used. Sizes are in MB (2^20 bytes)."""

    model_config = SettingsConfigDict(env_prefix="QUARTERDECK_", extra="ignore")

    home: Path = Field(
        ROOT / ".quarterdeck", description="Folder of everything Quarterdeck installs and keeps."
    )
    data_folder: Path | None = Field(
        None, description="Database, stored contents and logs. Default: HOME/data."
    )
    tools_folder: Path | None = Field(
        None, description="Virtual environments and Julia. Default: HOME/tools."
    )
    scratch_folder: Path | None = Field(
        None,
        description="Where runs work. Default: memory-backed storage if large enough, else the data folder.",
    )
    master_key_file: Path | None = Field(
        None,
        description="File of the master keys (mode 0600). Default: HOME/keys/master.key; with an own data folder "
        "DATA, the file DATA-keys/master.key beside it.",
    )
    database_url: str | None = Field(
        None, description="SQLAlchemy address. Default: SQLite in the data folder."
    )
    blob_url: str | None = Field(
        None, description="fsspec address of stored contents. Default: a folder in the data folder."
    )
    business_timezone: str = Field(
        "UTC", description="Time zone of business days (IANA name), set once at first run."
    )
    fiscal_year_start_month: int = Field(1, ge=1, le=12, description="First month of the fiscal year.")
    retail_pattern: Literal["4-4-5", "4-5-4", "5-4-4"] = Field(
        "4-5-4", description="Weeks a month in the retail calendar."
    )
    concurrent_runs: int | None = Field(
        None, ge=1, description="Runs at one time. Default: the number of cores."
    )
    pool_memory_percent: int = Field(
        35, ge=5, le=90, description="Share of the machine's memory for all workers together."
    )
    run_memory_mb: int = Field(4096, description="Memory limit of one run where the manifest sets none.")
    run_timeout_seconds: int = Field(3600, description="Time limit of one run where the manifest sets none.")
    output_limit_mb: int = Field(2048, description="Most that one run may write.")
    log_limit_mb: int = Field(16, description="Most printed output that is kept of one run.")
    lease_seconds: float = Field(
        15.0, description="A claimed run whose lease was not renewed for so long is taken over."
    )
    retention_days: int = Field(400, description="Outputs of runs are kept so long unless held.")
    gc_grace_hours: float = Field(24.0, description="Unreferenced contents younger than this are not swept.")
    free_space_floor_mb: int = Field(512, description="Below this much free disk, new work is refused.")
    audit_retention_days: int = Field(
        0, ge=0, description="Audit entries older than this are exported and pruned. 0: kept for ever."
    )
    audit_personal_days: int = Field(
        400,
        ge=0,
        description="Addresses and typed names beside audit entries are erased after so long. 0: kept for ever.",
    )
    audit_anchor_entries: int = Field(
        10_000,
        ge=1,
        description="A signed anchor of the audit log is written after so many entries, and daily.",
    )
    audit_anchor_folder: Path | None = Field(
        None, description="Second folder for anchors, best on storage that others administer. Default: none."
    )
    upload_limit_mb: int = Field(2048, description="Largest upload.")
    session_idle_minutes: int = Field(
        30,
        ge=1,
        le=1440,
        description="A browser's sign-in ends after so long without anybody doing anything.",
    )
    session_hours: float = Field(
        12.0, gt=0, le=720, description="A browser's sign-in ends after so long in any case."
    )
    query_seconds: float = Field(30.0, gt=0, description="Time limit of one SQL query over datasets.")
    query_memory_mb: int = Field(512, ge=64, description="Memory of one SQL query over datasets.")
    query_rows: int = Field(100_000, ge=1, description="Most rows of the result of one SQL query.")
    sandbox: Literal["auto", "off"] = Field("auto", description="auto: bubblewrap where it works.")
    allow_unsandboxed: bool = Field(
        False, description="Start with several accounts although no sandbox works."
    )
    julia_bridge: Literal["auto", "juliacall", "plain"] = Field("auto", description="How Julia is called.")
    julia_executable: Path | None = Field(
        None, description="Julia to use. Default: PATH, juliapkg, the private prefix."
    )
    token_max_days: int = Field(365, ge=1, le=3650, description="Longest life of an API token, in days.")
    mail_retry_seconds: float = Field(
        30.0,
        gt=0,
        description="First wait after a mail could not be sent; each further wait is twice as long.",
    )
    reuse_results: bool = Field(True, description="Show an equal earlier result instead of running again.")

    def __init__(self, **values: Any) -> None:
        """Read the environment; ``values`` win over it. Raises Invalid naming each wrong variable."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise Invalid("the settings", [_problem(dict(part)) for part in error.errors()]) from None

    @property
    def data(self) -> Path:
        """The data folder in force."""
        return self.data_folder or self.home / "data"

    @property
    def master_key_path(self) -> Path:
        """The file of the master keys in force: never inside the data folder, which is what backups copy."""
        if self.master_key_file is not None:
            return self.master_key_file
        if self.data_folder is not None:
            return self.data_folder.parent / f"{self.data_folder.name}-keys" / "master.key"
        return self.home / "keys" / "master.key"

    @property
    def tools(self) -> Path:
        """The tools folder in force."""
        return self.tools_folder or self.home / "tools"

    @property
    def database_address(self) -> str:
        """The SQLAlchemy address in force."""
        return self.database_url or f"sqlite:///{self.data / 'quarterdeck.db'}"

    @property
    def blob_address(self) -> str:
        """The fsspec address of stored contents in force."""
        return self.blob_url or str(self.data / "blobs")

    @property
    def model_python(self) -> Path:
        """Interpreter of the default environment for Python models."""
        return self.tools / "models" / "bin" / "python"

    @property
    def bridge_python(self) -> Path:
        """Interpreter that holds rpy2 and juliacall (workers for R and for Julia's juliacall bridge)."""
        return self.tools / "bridges" / "bin" / "python"

    @property
    def julia_prefix(self) -> Path:
        """The private prefix that ``up`` puts Julia into where the machine has none."""
        return self.tools / "julia"


def _problem(part: dict[str, Any]) -> Problem:
    """One wrong setting, in words: variable, value, rule."""
    name = "QUARTERDECK_" + "_".join(map(str, part["loc"])).upper()
    value, rule = str(part.get("input", "")), str(part["msg"]).removeprefix("Value error, ")
    sentence = (
        f"The setting {name} is “{value}”: {rule[0].lower()}{rule[1:]}. Correct the variable or unset it."
    )
    return Problem(name, sentence, value, rule)
