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

# ---- loading -------------------------------------------------------------------------------------------

qd_load <- function(folder, file, name, seed) {
  qd_guarded(function() {
    qd_state$folder <- paste0(normalizePath(folder), "/")
    if (!is.null(seed)) set.seed(seed)
    space <- new.env(parent = globalenv())
    sys.source(file.path(folder, file), envir = space, chdir = TRUE, keep.source = TRUE)
    setwd(qd_state$home)
    if (!exists(name, envir = space, mode = "function", inherits = FALSE) &&
        !exists(name, envir = globalenv(), mode = "function", inherits = FALSE))
      stop(qd_fault("load-error", sprintf(
        "\u201c%s\u201d has no function \u201c%s\u201d; define it, or correct the entry in the manifest.", file, name)))
    qd_state$model <- get(name, envir = space, mode = "function")
    qd_state$takes <- formals(args(qd_state$model))
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
    if (!is.null(seed)) set.seed(seed)
    value <- qd_timed(args)
    drawn <- qd_collect()
    qd_outputs(value, declared, kinds, paths, drawn)
  })
}

qd_timed <- function(args) {
  model <- qd_state$model
  qd_state$started <- proc.time()[[3L]]
  qd_state$clock <- Sys.time()
  value <- do.call(model, args, quote = TRUE)
  qd_state$seconds <- as.double(Sys.time()) - as.double(qd_state$clock)
  value
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
  optional <- !vapply(takes, function(default) identical(default, quote(expr = )), FALSE)
  empty <- vapply(args, is.null, FALSE)
  if (any(empty)) args <- args[!(empty & given %in% known[optional])]
  # R lets a function do without an argument (missing()); it asks for it itself where it cannot
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
    if (!nzchar(file) || grepl("r_runtime.R", file, fixed = TRUE)) next
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

# ---- figures -------------------------------------------------------------------------------------------

# R opens the device named by this option at the first drawing: calls that draw nothing pay nothing.
qd_device <- function(...) {
  if (capabilities("cairo")) grDevices::svg(qd_figure_path("drawn-%03d.svg"), width = 8, height = 5, onefile = FALSE)
  else grDevices::png(qd_figure_path("drawn-%03d.png"), width = 1600, height = 1000, res = 200)
}
options(device = qd_device)

qd_figure_path <- function(name) {
  dir.create(qd_state$scratch, showWarnings = FALSE)
  file.path(qd_state$scratch, name)
}

qd_collect <- function() {
  if (!length(grDevices::dev.list())) return(character())
  grDevices::graphics.off()
  sort(list.files(qd_state$scratch, "^drawn-[0-9]+[.](svg|png)$", full.names = TRUE))
}

# Draws a returned plot object (ggplot, recordedplot, trellis, grob) into a file of its own.
qd_render <- function(plot) {
  qd_state$figures <- qd_state$figures + 1L
  path <- qd_figure_path(sprintf("returned-%03d.svg", qd_state$figures))
  if (capabilities("cairo")) grDevices::svg(path, width = 8, height = 5)
  else {
    path <- sub("svg$", "png", path)
    grDevices::png(path, width = 1600, height = 1000, res = 200)
  }
  on.exit(grDevices::dev.off())
  if (inherits(plot, "recordedplot")) grDevices::replayPlot(plot)
  else if (inherits(plot, "grob")) grid::grid.draw(plot)
  else print(plot)
  path
}

qd_is_plot <- function(x) inherits(x, c("ggplot", "recordedplot", "trellis", "grob", "plotly"))

# ---- outputs -------------------------------------------------------------------------------------------

qd_outputs <- function(value, declared, kinds, paths, drawn) {
  parts <- if (is.null(value)) list()
           else if (qd_is_collection(value, declared)) as.list(value)
           else stats::setNames(list(value), qd_single(value, declared, kinds))
  names <- names(parts)
  found <- vector("list", length(parts))
  for (i in seq_along(parts)) {
    name <- names[[i]]
    kind <- kinds[match(name, declared)]
    found[[i]] <- qd_output(parts[[i]], name, if (is.na(kind)) "" else kind)
  }
  found <- found[lengths(found) > 0L]
  found <- c(found, qd_declared_files(declared, kinds, paths, found))
  if (length(drawn)) found <- c(found, qd_drawn(drawn, declared, kinds, qd_names(found)))
  qd_complete(declared, kinds, qd_names(found))
  c(list(vapply(found, function(part) c(part$name, part$kind, if (is.null(part$format)) "" else part$format), c("", "", ""))),
    lapply(found, function(part) if (part$kind == "table") part[c("rows", "columns", "data")]
                                 else if (is.null(part$path)) part$value else part$path))
}

qd_names <- function(found) vapply(found, function(part) part$name, "")

# Files and figures that the manifest declares by path and the model wrote.
qd_declared_files <- function(declared, kinds, paths, found) {
  written <- which(nzchar(paths) & kinds %in% c("file", "figure") & !(declared %in% qd_names(found)))
  written <- written[file.exists(paths[written])]
  lapply(written, function(i) qd_file(paths[[i]], declared[[i]], kinds[[i]]))
}

qd_complete <- function(declared, kinds, have) {
  if (all(declared %in% have)) return(NULL)
  missing <- which(!(declared %in% have))[[1L]]
  came <- if (length(have)) paste0("\u201c", have, "\u201d", collapse = ", ") else "nothing"
  stop(qd_fault("bad-output", sprintf(
    "The model of \u201c%s\u201d gave no \u201c%s\u201d (declared as %s); it gave %s. Return it under that name, or take it out of the manifest.",
    qd_state$entry, declared[[missing]], kinds[[missing]], came)))
}

# Drawn pictures take the names of declared figures that were not returned, then figure-1, figure-2 ...
qd_drawn <- function(drawn, declared, kinds, taken) {
  free <- setdiff(declared[kinds == "figure"], taken)
  lapply(seq_along(drawn), function(i) {
    name <- if (i <= length(free)) free[[i]] else sprintf("figure-%d", i - length(free))
    list(name = name, kind = "figure", path = drawn[[i]], format = sub(".*[.]", "", drawn[[i]]))
  })
}

qd_single <- function(value, declared, kinds) {
  if (length(declared) == 1L) return(declared)
  if (length(declared) > 1L) {
    suits <- declared[kinds == (if (is.data.frame(value) || is.matrix(value)) "table" else if (qd_is_plot(value)) "figure" else "metric")]
    if (length(suits) == 1L) return(suits)
  }
  "result"
}

# A named list is a collection of outputs; a list of equally long vectors that nobody declared apart is a table.
qd_is_collection <- function(x, declared) {
  if (!is.list(x) || is.object(x) || is.null(names(x)) || !all(nzchar(names(x)))) return(FALSE)
  if (any(names(x) %in% declared)) return(TRUE)
  sizes <- lengths(x)
  plain <- vapply(x, is.atomic, FALSE)
  !(all(plain) && all(sizes == sizes[1L]) && sizes[1L] != 1L)
}

qd_output <- function(x, name, kind) {
  if (is.null(x)) return(NULL)
  if (kind == "text") return(list(name = name, kind = "text", value = qd_text(x)))
  if (qd_is_plot(x)) return(qd_plot(x, name))
  if (kind %in% c("file", "figure")) return(qd_file(x, name, kind))
  if (is.atomic(x) && length(x) == 1L && is.null(dim(x)) && kind != "table") {
    if (is.character(x) || is.factor(x)) {
      if (kind == "metric") qd_wrong(name, sprintf("the text \u201c%s\u201d", substr(x, 1L, 60L)), "metric")
      return(list(name = name, kind = "text", value = enc2utf8(as.character(x))))
    }
    if ((is.numeric(x) || is.logical(x)) && (!is.object(x) || is.numeric(x)))
      return(list(name = name, kind = "metric", value = as.double(x)))
    return(list(name = name, kind = "text", value = format(x)))
  }
  if (kind == "metric") qd_wrong(name, qd_describe(x), "metric")
  frame <- qd_frame(x)
  if (is.null(frame)) {
    if (kind == "table") qd_wrong(name, qd_describe(x), "table")
    return(list(name = name, kind = "text", value = qd_text(x)))
  }
  if (kind == "table" && is.atomic(x) && is.null(dim(x)) && length(x) == 1L)
    qd_wrong(name, qd_describe(x), "table")
  c(list(name = name, kind = "table"), qd_table(frame, name))
}

qd_wrong <- function(name, came, wanted) stop(qd_fault("bad-output", sprintf(
  "The output \u201c%s\u201d is declared as %s, but the model gave %s. Return a %s under that name, or correct the manifest.",
  name, wanted, came, wanted)))

qd_describe <- function(x) {
  if (is.atomic(x) && length(x) == 1L) sprintf("one %s value (%s)", class(x)[[1L]], substr(format(x), 1L, 40L))
  else if (is.data.frame(x)) sprintf("a table of %d rows", nrow(x))
  else if (is.atomic(x)) sprintf("%d values of type %s", length(x), class(x)[[1L]])
  else sprintf("an object of class %s", class(x)[[1L]])
}

qd_text <- function(x) {
  if (is.character(x)) paste(enc2utf8(x), collapse = "\n")
  else paste(enc2utf8(utils::capture.output(print(x))), collapse = "\n")
}

qd_plot <- function(x, name) {
  if (inherits(x, "plotly") && requireNamespace("plotly", quietly = TRUE)) {
    path <- qd_figure_path(paste0(basename(tempfile("plotly-")), ".json"))
    writeLines(as.character(plotly::plotly_json(x, jsonedit = FALSE)), path, useBytes = TRUE)
    return(list(name = name, kind = "figure", path = path, format = "plotly"))
  }
  path <- qd_render(x)
  list(name = name, kind = "figure", path = path, format = sub(".*[.]", "", path))
}

qd_file <- function(x, name, kind) {
  if (!is.character(x) || length(x) != 1L) qd_wrong(name, qd_describe(x), kind)
  if (!file.exists(x)) qd_wrong(name, sprintf("the path \u201c%s\u201d, where no file is", x), kind)
  path <- normalizePath(x)
  if (kind == "file") return(list(name = name, kind = "file", path = path))
  format <- tolower(sub(".*[.]", "", path))
  if (!format %in% c("svg", "png")) qd_wrong(name, sprintf("a .%s file", format), "figure")
  list(name = name, kind = "figure", path = path, format = format)
}

# ---- tables --------------------------------------------------------------------------------------------

qd_frame <- function(x) {
  if (is.data.frame(x)) return(x)
  if (is.table(x)) return(as.data.frame(x, stringsAsFactors = FALSE))
  if (is.matrix(x)) return(qd_matrix(x))
  if (is.list(x) && !is.object(x)) {
    if (length(x) && !is.null(names(x)) && all(vapply(x, is.atomic, FALSE)) && length(unique(lengths(x))) == 1L) return(x)
    if (length(x) && all(vapply(x, is.data.frame, FALSE))) return(do.call(rbind, unname(x)))
    return(NULL)
  }
  if (is.atomic(x) && is.null(dim(x))) {
    if (is.null(names(x))) return(list(value = x))
    return(list(name = names(x), value = unname(x)))
  }
  tryCatch(as.data.frame(x, optional = TRUE), error = function(e) NULL)
}

qd_matrix <- function(x) {
  columns <- lapply(seq_len(ncol(x)), function(i) as.vector(x[, i]))
  names(columns) <- if (is.null(colnames(x))) paste0("V", seq_len(ncol(x))) else colnames(x)
  if (is.null(rownames(x))) columns else c(list(row = rownames(x)), columns)
}

qd_table <- function(frame, output) {
  names <- enc2utf8(as.character(names(frame)))
  columns <- lapply(seq_along(names), function(i) qd_column(.subset2(frame, i), names[[i]], output))
  rows <- if (is.data.frame(frame)) .row_names_info(frame, 2L) else if (length(frame)) length(frame[[1L]]) else 0L
  list(rows = as.integer(rows), columns = names, data = columns)
}

qd_column <- function(x, name, output) {
  if (is.factor(x)) return(qd_codes(x, "category", if (is.ordered(x)) "ordered" else ""))
  if (is.character(x)) return(qd_strings(x))
  if (is.logical(x)) return(list(type = "bool", data = as.vector(x)))
  if (inherits(x, "Date")) return(list(type = "date", data = as.integer(floor(as.double(x)))))
  if (inherits(x, "POSIXlt")) x <- as.POSIXct(x)
  if (inherits(x, "POSIXct")) {
    zone <- attr(x, "tzone")
    return(list(type = "datetime", data = as.double(x), extra = if (is.null(zone)) "" else zone[[1L]]))
  }
  if (inherits(x, "difftime")) return(list(type = "float64", data = as.double(x, units = "secs")))
  if (inherits(x, "integer64")) return(list(type = "int64", data = as.vector(unclass(x))))
  if (is.matrix(x) && ncol(x) == 1L) x <- x[, 1L]
  if (is.list(x) || !is.null(dim(x)))
    stop(qd_fault("bad-output", sprintf(
      "The column \u201c%s\u201d of \u201c%s\u201d holds a %s in each row; a table column must be numbers, text, dates or true/false. Split it into plain columns.",
      name, output, class(x)[[1L]])))
  if (is.numeric(x)) {
    if (is.integer(x)) return(list(type = "int32", data = if (is.object(x) || length(attributes(x))) as.vector(unclass(x)) else x))
    return(list(type = "float64", data = if (length(attributes(x))) as.double(unclass(x)) else x))
  }
  qd_strings(as.character(x))
}

# Text as codes and values; where most values differ anyway, looking for equal ones would cost more than it saves.
qd_strings <- function(x) {
  n <- length(x)
  if (n > 20000L && length(unique(x[seq_len(10000L)])) > 6000L) {
    codes <- seq_len(n)
    if (anyNA(x)) codes[is.na(x)] <- NA_integer_
    return(list(type = "text", data = codes, levels = qd_bytes(x), count = n))
  }
  values <- unique(x)
  if (anyNA(values)) values <- values[!is.na(values)]
  list(type = "text", data = match(x, values), levels = qd_bytes(values), count = length(values))
}

qd_codes <- function(x, type, extra) {
  values <- levels(x)
  list(type = type, data = as.integer(x), levels = qd_bytes(values), count = length(values), extra = extra)
}

qd_bytes <- function(values) {
  values <- enc2utf8(as.character(values))
  if (!all(valid <- validUTF8(values))) values[!valid] <- iconv(values[!valid], "UTF-8", "UTF-8", sub = "byte")
  if (anyNA(values)) values[is.na(values)] <- ""
  writeBin(values, raw())
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
