add <- function(a, b, c) list(total = a + b + c)
