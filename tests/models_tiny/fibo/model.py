def fibo(n):
    return {"fibo": _fibo(n)}


def _fibo(n):
    return n if n < 2 else _fibo(n - 1) + _fibo(n - 2)
