"""A model's fields as JSON Schema (draft 2020-12): clients can validate and build forms before they call.

The server's own check says more (rules across fields, currencies' decimals, relative dates): where both
speak, they agree. What JSON Schema has no word for is given under ``x-`` keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SPECIAL_NUMBERS = ["Infinity", "-Infinity", "NaN"]
AMOUNT = r"^-?[0-9]+(\.[0-9]+)?$"
COLUMN_TYPES: Mapping[str, Any] = {
    "number": ["number", "string", "null"],
    "integer": ["integer", "null"],
    "text": ["string", "null"],
    "date": ["string", "null"],
    "date-time": ["string", "null"],
    "boolean": ["boolean", "null"],
    "category": ["string", "null"],
}


def of_fields(model: str, version: int, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of ``values``: an object with one property per field."""
    properties = {name: _described(name, field) for name, field in fields.items()}
    required = [n for n, f in fields.items() if f.required and f.default is None and not f.show_when]
    return {
        "$schema": DRAFT,
        "$id": f"/api/v1/models/{model}/fields?version={version}",
        "title": f"Values of {model}, version {version}",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _described(name: str, field: Any) -> dict[str, Any]:
    schema = of_field(field)
    if not field.required and "type" in schema and isinstance(schema["type"], str):
        schema = {"anyOf": [schema, {"type": "null"}]}
    schema["title"] = field.label(name)
    if field.help:
        schema["description"] = field.help
    if field.default is not None:
        schema["default"] = _plain(field.default)
    for key in ("unit", "group", "show_when"):
        if getattr(field, key):
            schema[f"x-{key.replace('_', '-')}"] = getattr(field, key)
    if field.guarded:
        schema["x-guarded"] = True
    schema["x-type"] = field.type
    return schema


def of_field(field: Any) -> dict[str, Any]:
    """The schema of one field's canonical value."""
    return _MAKERS[field.type](field)


def _integer(field: Any) -> dict[str, Any]:
    schema = {"type": "integer", **_bounds(field)}
    if field.choices:
        schema["enum"] = [int(choice.value) for choice in field.choices]
    return schema


def _number(field: Any) -> dict[str, Any]:
    choices = getattr(field, "choices", [])
    if choices:
        return {"type": "number", "enum": [float(choice.value) for choice in choices]}
    bounds = _bounds(field)
    if bounds:
        return {"type": "number", **bounds}
    return {"anyOf": [{"type": "number"}, {"type": "string", "enum": SPECIAL_NUMBERS}]}


def _percent(field: Any) -> dict[str, Any]:
    return {"type": "number", **_bounds(field), "x-scale": field.scale}


def _money(field: Any) -> dict[str, Any]:
    allowed = field.currencies or ([field.currency] if field.currency else [])
    currency: dict[str, Any] = {"type": "string", "pattern": "^[A-Z]{3}$"}
    if allowed:
        currency = {"type": "string", "enum": list(allowed)}
    return {
        "type": "object",
        "properties": {"amount": {"type": "string", "pattern": AMOUNT}, "currency": currency},
        "required": ["amount", "currency"],
        "additionalProperties": False,
        **{f"x-{k}": getattr(field, k) for k in ("minimum", "maximum") if getattr(field, k) is not None},
    }


def _boolean(_field: Any) -> dict[str, Any]:
    return {"type": "boolean"}


def _text(field: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for key, word in (("min_length", "minLength"), ("max_length", "maxLength")):
        if getattr(field, key) is not None:
            schema[word] = getattr(field, key)
    if field.pattern:
        schema["pattern"] = f"^(?:{field.pattern})$"
    if field.choices:
        schema["examples"] = [choice.value for choice in field.choices]
    return schema


def _choice(field: Any) -> dict[str, Any]:
    if not field.choices:
        return {"type": "string", **_source(field)}
    options = [{"const": choice.value, "title": choice.shown} for choice in field.choices]
    return {"type": "string", "oneOf": options}


def _multi_choice(field: Any) -> dict[str, Any]:
    items: dict[str, Any] = {"type": "string", **_source(field)}
    if field.choices:
        items["enum"] = [choice.value for choice in field.choices]
    return {"type": "array", "items": items, "uniqueItems": True, **_counts(field)}


def _list(field: Any) -> dict[str, Any]:
    schema = {"type": "array", "items": of_field(field.item), **_counts(field)}
    return {**schema, "uniqueItems": True} if field.unique else schema


def _text_format(name: str, *limits: str) -> Any:
    def make(field: Any) -> dict[str, Any]:
        given = {f"x-{k}": str(getattr(field, k)) for k in limits if getattr(field, k, None) is not None}
        return {"type": "string", "format": name, **given}

    return make


def _table(field: Any) -> dict[str, Any]:
    columns = list(field.columns.items())
    cells = [{"type": COLUMN_TYPES[kind]} for _, kind in columns]
    row = {"type": "array", "prefixItems": cells, "minItems": len(cells), "maxItems": len(cells)}
    heads = [
        {"type": "object", "properties": {"name": {"const": n}, "type": {"const": k}}, "required": ["name"]}
        for n, k in columns
    ]
    return {
        "type": "object",
        "properties": {
            "columns": {
                "type": "array",
                "prefixItems": heads,
                "minItems": len(heads),
                "maxItems": len(heads),
            },
            "rows": {
                "type": "array",
                "items": row,
                "maxItems": field.max_rows,
                **({} if field.min_rows is None else {"minItems": field.min_rows}),
            },
        },
        "required": ["columns", "rows"],
    }


def _file(field: Any) -> dict[str, Any]:
    blob = {
        "type": "string",
        "description": "Hash of an upload finished at POST /api/v1/uploads/{id}/finish.",
    }
    schema = {"type": "object", "properties": {"blob": blob, "name": {"type": "string"}}}
    extensions = {"x-extensions": list(field.extensions)} if field.extensions else {}
    return {**schema, "required": ["blob", "name"], **extensions}


def _secret(_field: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"secret": {"type": "string"}}, "required": ["secret"]}


def _bounds(field: Any) -> dict[str, Any]:
    bounds = {k: getattr(field, k) for k in ("minimum", "maximum") if getattr(field, k) is not None}
    if field.step is not None and (field.minimum or 0) == 0:
        bounds["multipleOf"] = field.step
    return bounds


def _counts(field: Any) -> dict[str, Any]:
    words = {"minItems": field.min_items, "maxItems": field.max_items}
    return {word: number for word, number in words.items() if number is not None}


def _source(field: Any) -> dict[str, Any]:
    return {} if field.choices_from is None else {"x-choices-from": _plain(field.choices_from)}


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json", exclude_none=True) if hasattr(value, "model_dump") else value


_MAKERS: Mapping[str, Any] = {
    "integer": _integer,
    "number": _number,
    "percent": _percent,
    "money": _money,
    "boolean": _boolean,
    "text": _text,
    "choice": _choice,
    "multi-choice": _multi_choice,
    "date": _text_format("date", "minimum", "maximum"),
    "date-time": _text_format("date-time", "minimum", "maximum"),
    "duration": _text_format("duration", "minimum", "maximum"),
    "period": _text_format("period", "granularity", "minimum", "maximum"),
    "list": _list,
    "table": _table,
    "file": _file,
    "secret": _secret,
}
