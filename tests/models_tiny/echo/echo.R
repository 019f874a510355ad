# Gives back what it was given, in a table for each kind: numbers, texts, days, moments, flags.

echo <- function(rows = NULL, ...) {
  given <- list(...)
  found <- list()
  for (name in names(given)) {
    value <- given[[name]]
    if (!length(value)) next
    kind <- if (is.logical(value)) "flags"
    else if (inherits(value, "Date")) "days"
    else if (inherits(value, "POSIXct")) "moments"
    else if (is.character(value)) "texts"
    else "numbers"
    if (inherits(value, "difftime")) value <- as.double(value, units = "secs")
    if (kind == "numbers") value <- as.double(value)
    part <- data.frame(name = name, at = seq_along(value) - 1, value = value)
    found[[kind]] <- rbind(found[[kind]], part)
  }
  if (!is.null(rows)) found$rows <- rows
  found
}
