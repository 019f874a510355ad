add(a, b, c) = (total = a + b + c,)
