# The R side of a worker: loads a model into its own environment, calls it, and takes its results apart into
# plain vectors that the Python side (r_worker.py, r_columns.py) writes as they are. Base R only.

options(keep.source = TRUE, warn = 1, stringsAsFactors = FALSE, encoding = "UTF-8", browserNLdisabled = TRUE)

qd_state <- new.env()
qd_state$home <- getwd()

qd_mask <- function() {
  refuse <- function(...) stop("the model asked R to quit; return from the function instead", call. = FALSE)
  attach(list(q = refuse, quit = refuse), name = "quarterdeck", warn.conflicts = FALSE)
}
qd_mask()

# A call without a seed is random, also after one with a seed in the same process.
qd_state$seeded <- FALSE
qd_seed <- function(seed) {
  if (!is.null(seed)) set.seed(seed)
  else if (qd_state$seeded) suppressWarnings(rm(".Random.seed", envir = globalenv()))
  qd_state$seeded <- !is.null(seed)
}

# ---- loading -------------------------------------------------------------------------------------------

qd_load <- function(folder, file, name, seed) {
  qd_guarded(function() {
    qd_state$folder <- paste0(normalizePath(folder), "/")
    qd_seed(seed)
    space <- new.env(parent = globalenv())
    sys.source(file.path(folder, file), envir = space, chdir = TRUE, keep.source = TRUE)
    setwd(qd_state$home)
    if (!exists(name, envir = space, mode = "function", inherits = FALSE) &&
        !exists(name, envir = globalenv(), mode = "function", inherits = FALSE))
      stop(qd_fault("load-error", sprintf(
        "\u201c%s\u201d has no function \u201c%s\u201d; define it, or correct the entry in the manifest.", file, name)))
    qd_bind(get(name, envir = space, mode = "function"), name)
    qd_state$entry <- paste0(file, ":", name)
    qd_environment()
  })
}

qd_environment <- function() {
  packages <- sort(setdiff(loadedNamespaces(), c("base", "compiler")))
  list(packages, vapply(packages, function(p) as.character(getNamespaceVersion(p)), ""))
}

qd_fault <- function(reason, message) structure(
  class = c("quarterdeck_fault", "error", "condition"), list(message = message, call = NULL, reason = reason))

# ---- calling -------------------------------------------------------------------------------------------

qd_call <- function(args, seed, scratch, declared, kinds, paths) {
  qd_guarded(function() {
    qd_state$scratch <- file.path(scratch, ".outputs")
    qd_state$figures <- 0L
    if (getwd() != qd_state$home) setwd(qd_state$home)
    args <- qd_match(args)
    qd_seed(seed)
    value <- qd_timed(args)
    drawn <- qd_collect()
    qd_outputs(value, declared, kinds, paths, drawn)
  })
}

# The call reads as the person's own would, forecast(sales = sales, horizon = horizon): that is what errors,
# match.call() and the labels of plots show.
qd_timed <- function(args) {
  names <- names(args)
  if (!identical(names, qd_state$names)) {
    qd_state$call <- as.call(c(qd_state$symbol, stats::setNames(lapply(names, as.name), names)))
    qd_state$names <- names
  }
  call <- qd_state$call
  place <- if (length(args)) list2env(args, parent = qd_state$place_of_model) else qd_state$place_of_model
  started <- as.double(Sys.time())
  value <- eval(call, place)
  qd_state$seconds <- as.double(Sys.time()) - started
  value
}

qd_bind <- function(model, name) {
  qd_state$model <- model
  qd_state$symbol <- as.name(name)
  qd_state$names <- NULL
  qd_state$call <- as.call(list(qd_state$symbol))
  qd_state$place_of_model <- list2env(stats::setNames(list(model), name), parent = globalenv())
  qd_state$takes <- formals(args(model))
}

# Arguments go by name; a value that was not given is left out where the function has a default.
qd_match <- function(args) {
  takes <- qd_state$takes
  known <- names(takes)
  given <- names(args)
  if (!all(given %in% known) && !("..." %in% known)) {
    unknown <- setdiff(given, known)[[1L]]
    stop(qd_fault("bad-input", sprintf(
      "The function of \u201c%s\u201d does not take \u201c%s\u201d (it takes %s); rename one of the two.",
      qd_state$entry, unknown, if (length(known)) paste(known, collapse = ", ") else "nothing")))
  }
  if (!all(lengths(args))) {
    empty <- vapply(args, is.null, FALSE)
    optional <- !vapply(takes, function(default) identical(default, quote(expr = )), FALSE)
    args <- args[!(empty & given %in% known[optional])]
  }
  # an argument that is missing is R's own matter: a function may do without one (missing())
  args
}

# Runs a step; warnings are collected, an error comes back as a list with the model's own file and line.
qd_guarded <- function(step) {
  qd_state$warnings <- character()
  qd_state$more <- 0L
  qd_state$seconds <- 0
  qd_state$trace <- NULL
  qd_state$place <- NULL
  base <- sys.nframe()
  answer <- tryCatch(
    withCallingHandlers(
      list(ok = TRUE, value = step()),
      warning = function(w) {
        qd_warned(w)
        tryInvokeRestart("muffleWarning")
      },
      error = function(e) if (!inherits(e, "quarterdeck_fault")) qd_state$trace <- qd_trace(sys.calls(), base)
    ),
    interrupt = function(i) list(ok = FALSE, reason = "cancelled", type = "interrupt", message = "The call was cancelled.", trace = ""),
    error = function(e) qd_failure(e)
  )
  if (!answer$ok && length(grDevices::dev.list())) grDevices::graphics.off()
  # numbers only (qd_flat): the seconds first
  if (answer$ok && is.double(answer$value) && !length(qd_state$warnings)) return(c(qd_state$seconds, answer$value))
  more <- if (qd_state$more > 0L) sprintf("%d more warnings", qd_state$more)
  # by position, because the Python side reads elements by number (names cost a call of R each)
  if (answer$ok) list("ok", c(qd_state$warnings, more), qd_state$seconds, answer$value)
  else list(answer$reason, c(qd_state$warnings, more), qd_state$seconds, c(answer$type, answer$message, answer$trace))
}

qd_warned <- function(w) {
  text <- enc2utf8(conditionMessage(w))
  if (text %in% qd_state$warnings) return(NULL)
  if (length(qd_state$warnings) >= 50L) qd_state$more <- qd_state$more + 1L
  else qd_state$warnings <- c(qd_state$warnings, text)
}

qd_failure <- function(e) {
  reason <- if (inherits(e, "quarterdeck_fault")) e$reason else "model-error"
  message <- enc2utf8(conditionMessage(e))
  if (reason != "model-error") return(list(ok = FALSE, reason = reason, type = "", message = message, trace = ""))
  call <- conditionCall(e)
  if (is.null(qd_state$trace)) qd_state$trace <- qd_home()  # too deep for R to call a handler
  head <- paste0("Error", if (!is.null(call)) paste0(" in ", qd_deparse(call)), ": ", message)
  place <- qd_state$place
  kind <- setdiff(class(e), c("error", "condition", "simpleError"))
  list(ok = FALSE, reason = reason, type = if (length(kind)) kind[[1L]] else "",
       message = if (is.null(place)) message else sprintf("%s (%s)", message, place),
       trace = paste(c(head, qd_state$trace), collapse = "\n"))
}

qd_deparse <- function(call) {
  text <- deparse(call, nlines = 1L, width.cutoff = 100L)[[1L]]
  if (nchar(text) > 120L) paste0(substr(text, 1L, 117L), "...") else text
}

# The model's own frames, outermost first: "  at forecast.R:12  fit(sales)". A frame's srcref is the place in its
# caller, so the frames of the handlers themselves tell where a built-in function failed.
qd_trace <- function(calls, base) {
  if (length(calls) > 400L) calls <- calls[c(seq_len(200L), length(calls) - (199:0))]
  lines <- character()
  qd_state$place <- NULL
  for (call in calls) {
    ref <- attr(call, "srcref")
    if (is.null(ref)) next
    file <- sub(qd_state$folder, "", attr(ref, "srcfile")$filename, fixed = TRUE)
    if (!nzchar(file) || grepl("/quarterdeck_worker/", file, fixed = TRUE)) next
    text <- trimws(as.character(ref)[[1L]])
    if (nchar(text) > 100L) text <- paste0(substr(text, 1L, 97L), "...")
    lines <- c(lines, sprintf("  at %s:%d  %s", file, ref[[1L]], text))
    qd_state$place <- sprintf("%s, line %d", file, ref[[1L]])
  }
  lines <- lines[c(TRUE, lines[-1L] != lines[-length(lines)])[seq_along(lines)]]
  if (!length(lines)) lines <- qd_home()
  if (length(lines) > 40L) c(lines[1:20], sprintf("  ... %d more", length(lines) - 40L), utils::tail(lines, 20L)) else lines
}

qd_home <- function() {
  ref <- attr(qd_state$model, "srcref")
  if (is.null(ref)) return(character())
  file <- sub(qd_state$folder, "", attr(ref, "srcfile")$filename, fixed = TRUE)
  qd_state$place <- sprintf("%s, line %d", file, ref[[1L]])
  sprintf("  in %s:%d  %s", file, ref[[1L]], qd_state$entry)
}

# ---- what the Python side builds with ------------------------------------------------------------------

qd_text_column <- function(bytes, count, codes, wide) {
  values <- readBin(bytes, "character", count)
  if (wide) Encoding(values) <- "UTF-8"
  values[codes]
}

qd_factor <- function(bytes, count, codes, wide, ordered) {
  values <- readBin(bytes, "character", count)
  if (wide) Encoding(values) <- "UTF-8"
  attributes(codes) <- list(levels = values, class = if (ordered) c("ordered", "factor") else "factor")
  codes
}

qd_logical <- function(x) as.logical(x)
qd_date <- function(x) structure(as.double(x), class = "Date")
qd_instant <- function(x, zone) structure(x, class = c("POSIXct", "POSIXt"), tzone = zone)
qd_seconds <- function(x) structure(x, class = "difftime", units = "secs")
qd_make_frame <- function(columns, names, rows) {
  attributes(columns) <- list(names = names, row.names = .set_row_names(rows), class = "data.frame")
  columns
}
