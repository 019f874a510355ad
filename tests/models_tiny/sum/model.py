def add(a, b, c):
    return a + b + c
