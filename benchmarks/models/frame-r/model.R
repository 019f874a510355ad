back <- function(frame) { stopifnot(length(frame[[1]]) == nrow(frame)); list(back = frame) }
