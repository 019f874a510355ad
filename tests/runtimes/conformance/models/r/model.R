# What a worker must survive, in R; the Python and Julia folders hold the same operations.
source("helper.R")

run <- function(op, ...) get(paste0("op_", op))(...)

bare <- function(a, b, c = 0) a + b + c

op_value <- function(v = NULL) {
  found <- list(kind = "null", text = "")
  if (is.null(v)) return(found)
  found$kind <- paste(class(v), collapse = "/")
  if (inherits(v, "POSIXct")) found$number <- as.numeric(v)
  else if (inherits(v, "difftime")) found$number <- as.numeric(v, units = "secs")
  else if (length(v) != 1) found$text <- paste(ifelse(is.na(v), "NA", as.character(v)), collapse = "|")
  else if (is.logical(v)) found$text <- tolower(as.character(v))
  else if (inherits(v, "Date") || is.character(v)) found$text <- as.character(v)
  else {
    found$text <- format(v, digits = 22, scientific = FALSE)
    found$number <- v
  }
  found
}

op_echo <- function(t) t
op_shape <- function(t) list(rows = nrow(t), columns = ncol(t))
op_total <- function(t) sum(t$x)
op_numbers <- function() list(inf = Inf, minus = -Inf, nan = NaN, big = 2^53 + 2)

op_missing <- function() data.frame(
  f = c(1.5, NA, Inf), i = c(1L, NA, 3L), b = c(TRUE, NA, FALSE), s = c("a", NA, "ж"),
  c = factor(c("lo", NA, "hi"), levels = c("lo", "hi"), ordered = TRUE),
  d = as.Date(c("2026-11-22", NA, "1969-12-31")),
  t = as.POSIXct(c("2026-11-22 10:00:00", NA, "1969-12-31 23:59:59"), tz = "UTC"))

op_error <- function(x) fail(x)
op_warn <- function() {
  warning("be careful with this")
  1
}
op_print <- function() {
  cat("plain words – слово\n")
  system("echo from a child")
  message("to the error stream")
  1
}
op_progress <- function() {
  for (step in c(0.25, 0.5, 1)) cat("::progress", step, "step", step, "\n")
  1
}
op_figures <- function() {
  plot(1:3)
  writeLines("<svg xmlns='http://www.w3.org/2000/svg'/>", "own.svg")
  list(native = ggplot2::ggplot(data.frame(x = 1:2), ggplot2::aes(x)) + ggplot2::geom_bar(), written = "own.svg")
}
op_png <- function() {
  png("own.png")
  plot(1:3)
  dev.off()
  list(picture = "own.png")
}
op_file <- function() {
  writeLines("saved", "report.txt")
  list(report = "report.txt")
}
op_wrong <- function() list(forecast = 7.5)
op_nothing <- function() list(other = 7.5)
op_random <- function() runif(1)
op_exit <- function() .Internal(quit("no", 7L, FALSE))
op_memory <- function() {
  kept <- list()
  repeat kept[[length(kept) + 1]] <- runif(2e6)
}
op_loop <- function() repeat {}
op_sleep <- function() Sys.sleep(600)
op_flood <- function() {
  text <- strrep("x", 1e6)
  repeat cat(text)
}
op_recurse <- function() {
  deeper <- function(n) {
    deeper(n + 1) + 1
  }
  deeper(0)
}
op_crash <- function() tools::pskill(Sys.getpid(), 11L)
op_detach <- function(marker) {
  system(sprintf("setsid sh -c 'sleep 987654; : %s' </dev/null >/dev/null 2>&1 &", marker))
  Sys.sleep(600)
}
op_network <- function() {
  connection <- socketConnection("192.0.2.1", 80, timeout = 1, open = "r+")
  close(connection)
  1
}
op_connect <- function(port) {
  connection <- socketConnection("127.0.0.1", port, timeout = 1, open = "r+")
  close(connection)
  1
}
op_read <- function(path) list(text = paste(readLines(path, warn = FALSE), collapse = "\n"))
op_write <- function(path) {
  writeLines("mine", path)
  1
}
op_environment <- function() {
  all <- Sys.getenv()
  list(text = paste0(names(all), "=", all, collapse = "\n"))
}
op_neighbours <- function() list(text = paste(list.files(dirname(dirname(dirname(getwd()))), all.files = TRUE), collapse = "\n"))
op_wide <- function() {
  frame <- as.data.frame(as.list(as.numeric(0:499)))
  names(frame) <- paste("столбец", 0:499)
  frame
}
op_scribble <- function(t) {
  t$x[1] <- 9
  sum(t$x)
}
op_leave <- function(marker) {
  system(sprintf("setsid sh -c 'sleep 987654; : %s' </dev/null >/dev/null 2>&1 &", marker))
  1
}
