"""The task of the published comparison of job engines."""


def fibo(n):
    """The n-th Fibonacci number, by plain recursion."""
    return {"number": _fibo(n)}


def _fibo(n):
    return n if n <= 1 else _fibo(n - 1) + _fibo(n - 2)
