def fail(x):
    y = x + 1
    raise ValueError(f"the store number {y} is unknown")
