"""How a file that was read becomes a dataset version: name, hash, row, and one transaction."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.data.options import Ingested, IngestOptions
from engine.data.records import DatasetVersion
from engine.errors import Invalid, Problem
from engine.events import DatasetDescribed, DatasetVersionAdded
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.references import refer
from engine.store.tables_data import DatasetRow, DatasetVersionRow

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_NAME = 80


def version_row(
    name: str, blob: str, size: int, said: Ingested, lineage: Mapping[str, Any], source_hash: str
) -> DatasetVersionRow:
    """The row of a version, still without its number."""
    return DatasetVersionRow(
        dataset=name,
        number=0,
        content_hash=blob,
        blob=blob,
        bytes=size,
        rows=said.rows,
        columns=json.dumps([c.as_json() for c in said.columns], ensure_ascii=False),
        notices=json.dumps(list(said.notices), ensure_ascii=False),
        lineage=json.dumps(dict(lineage), ensure_ascii=False, sort_keys=True),
        source_hash=source_hash,
        created_by=str(lineage.get("uploaded_by", "")),
    )


def check_name(name: str) -> None:
    """Raise Invalid unless this can be a dataset\'s name."""
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        sentence = (
            f"“{name}” cannot be a dataset's name. Use small letters, digits and single hyphens "
            f"(for instance weekly-sales), at most {LONGEST_NAME} characters."
        )
        raise Invalid("the dataset's name", [Problem("name", sentence, name, NAME.pattern)])


def source_hash_of(path: Path, options: IngestOptions) -> str:
    """What tells one upload from another: the file\'s bytes and how they were to be read."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32))
    digest.update(json.dumps(options.as_json(), sort_keys=True).encode())
    return digest.hexdigest()


def publish(change: Change, row: DatasetVersionRow, title: str, department: str | None) -> DatasetVersionRow:
    """Give the version its number; rows, blob reference and event commit together."""
    session = change.session
    dataset = session.get(DatasetRow, row.dataset)
    if dataset is None:
        shown = title or row.dataset.replace("-", " ").capitalize()
        dataset = DatasetRow(
            name=row.dataset, title=shown, department=department, owner=change.actor.id, latest=0
        )
    dataset.latest += 1
    dataset.title = title or dataset.title
    dataset.updated_at = utc_now()
    row.number = dataset.latest
    session.add(dataset)
    session.flush()
    session.add(row)
    refer(session, "dataset", f"{row.dataset}@{row.number}", [row.blob])
    change.emit(
        DatasetVersionAdded(dataset=row.dataset, version=row.number, rows=row.rows),
        department=dataset.department,
    )
    return row


def describe(
    change: Change, name: str, number: int, title: str, told: Mapping[str, str]
) -> DatasetVersionRow:
    """The same file came again: keep the title and the lineage (source, licence) that were given with it now."""
    session = change.session
    dataset, row = session.get_one(DatasetRow, name), session.get_one(DatasetVersionRow, (name, number))
    lineage = json.loads(row.lineage)
    was = {"title": dataset.title, **{what: str(lineage.get(what, "")) for what in told}}
    given = {what: text for what, text in {"title": title, **told}.items() if text and text != was[what]}
    if given:
        dataset.title = given.get("title", dataset.title)
        lineage |= {what: text for what, text in given.items() if what != "title"}
        row.lineage = json.dumps(lineage, ensure_ascii=False, sort_keys=True)
        session.add(dataset)
        session.add(row)
        old = {what: was[what] for what in given}
        told_of = DatasetDescribed(dataset=name, version=number, old=old, new=given)
        change.emit(told_of, department=dataset.department)
    return row


def about_lines(found: DatasetVersion) -> dict[str, str]:
    """Where a version came from, for the sheet “About” of a download."""
    return {
        "Source": str(found.lineage.get("source", "")),
        "Licence": str(found.lineage.get("licence", "")),
        "File": str(found.lineage.get("file", "")),
        "Uploaded": f"{found.created_at.isoformat(timespec='seconds')} by {found.created_by}",
    }
