"""Adds its whole numbers up."""


def run(**values):
    """The sum of the integer fields."""
    return {"total": float(sum(v for v in values.values() if isinstance(v, int) and not isinstance(v, bool)))}
