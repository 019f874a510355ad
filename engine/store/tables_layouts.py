"""Table of the layouts of parameter sets: the text files that values came from, and are written back into."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Table, Text, UniqueConstraint
from sqlmodel import Column, Field, SQLModel

from engine.store.base import UtcDateTime, new_id, utc_now


def _text(**options: Any) -> Any:
    return Column(Text, nullable=False, **options)


class ParameterLayoutRow(SQLModel, table=True):
    """A file as somebody gave it, kept for a set and one of its places; its contents are ``blob``.

    ``answers_json`` says how the file is meant (kind, encoding, decimal sign, names …), ``withheld_json`` lists the
    names whose values were taken out before it was kept, because they are secret.
    """

    __tablename__ = "parameter_layout"
    __table_args__ = (UniqueConstraint("set_id", "place", "name"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    set_id: str = Field(foreign_key="parameter_set.id", index=True)
    place: str = ""
    name: str
    blob: str
    bytes: int
    kind: str
    answers_json: str = Field(default="{}", sa_column=_text())
    withheld_json: str = Field(default="[]", sa_column=_text())
    version: int | None = None  # the version that was made of it; None: kept without one
    changed_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime, nullable=False))
    changed_by: str = ""


LAYOUT: Table = SQLModel.metadata.tables["parameter_layout"]
