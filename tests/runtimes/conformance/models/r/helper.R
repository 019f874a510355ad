fail <- function(x) {
  y <- x + 1
  stop("the store number ", y, " is unknown")
}
