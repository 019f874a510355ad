"""The bare function of the call bench."""


def add(a, b, c):
    """The sum of three numbers."""
    return {"total": a + b + c}
