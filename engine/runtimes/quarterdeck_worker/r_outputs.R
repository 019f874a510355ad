# What an R model returned and drew, taken apart into plain vectors (PROTOCOL.md). Sourced after r_runtime.R.

# ---- figures -------------------------------------------------------------------------------------------

# R opens the device named by this option at the first drawing: calls that draw nothing pay nothing.
qd_device <- function(...) {
  if (!capabilities("cairo"))
    return(grDevices::png(qd_figure_path("drawn-%03d.png"), width = 1600, height = 1000, res = 200))
  grDevices::svg(qd_figure_path("drawn-%03d.svg"), width = 8, height = 5, onefile = FALSE)
  grDevices::dev.control("enable")  # keeps the drawing, so that a huge one can be made again as PNG
}
options(device = qd_device)

qd_figure_path <- function(name) {
  dir.create(qd_state$scratch, showWarnings = FALSE)
  file.path(qd_state$scratch, name)
}

qd_collect <- function() {
  if (!length(grDevices::dev.list())) return(character())
  last <- tryCatch(grDevices::recordPlot(), error = function(e) NULL)
  grDevices::graphics.off()
  drawn <- sort(list.files(qd_state$scratch, "^drawn-[0-9]+[.](svg|png)$", full.names = TRUE))
  n <- length(drawn)
  if (n && !is.null(last) && file.size(drawn[[n]]) > qd_svg_limit && endsWith(drawn[[n]], ".svg")) {
    unlink(drawn[[n]])
    drawn[[n]] <- qd_png(last, drawn[[n]])
  }
  drawn
}

qd_svg_limit <- 2^21  # bytes

qd_png <- function(plot, path) {
  path <- sub("svg$", "png", path)
  grDevices::png(path, width = 1600, height = 1000, res = 200)
  qd_draw(plot)
  path
}

# Draws a returned plot object (ggplot, recordedplot, trellis, grob) into a file of its own: SVG, or PNG where
# that would be huge (a scatter of a million points is no drawing any more).
qd_render <- function(plot) {
  qd_state$figures <- qd_state$figures + 1L
  path <- qd_figure_path(sprintf("returned-%03d.svg", qd_state$figures))
  if (capabilities("cairo")) {
    grDevices::svg(path, width = 8, height = 5)
    qd_draw(plot)
    if (file.size(path) <= qd_svg_limit) return(path)
    unlink(path)
  }
  qd_png(plot, path)
}

qd_draw <- function(plot) {
  on.exit(grDevices::dev.off())
  if (inherits(plot, "recordedplot")) grDevices::replayPlot(plot)
  else if (inherits(plot, "grob")) grid::grid.draw(plot)
  else print(plot)
}

qd_is_plot <- function(x) inherits(x, c("ggplot", "recordedplot", "trellis", "grob", "plotly"))

# ---- outputs -------------------------------------------------------------------------------------------

qd_outputs <- function(value, declared, kinds, paths, drawn) {
  if (!length(drawn) && !is.null(flat <- qd_flat(value, declared, kinds))) return(flat)
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

# Nothing but the declared numbers, which is what quick calls return: as one vector in the declared order, because
# each further element that the Python side reads costs as much as the call of a small function.
qd_flat <- function(value, declared, kinds) {
  if (is.double(value))
    return(if (length(value) == 1L && is.null(attributes(value)) && length(declared) < 2L && all(kinds == "metric")) value)
  if (!is.list(value) || is.object(value) || !length(declared) || !identical(names(value), declared) ||
      !all(kinds == "metric")) return(NULL)
  numbers <- unlist(value, use.names = FALSE)
  plain <- vapply(value, function(one) is.double(one) && length(one) == 1L && is.null(attributes(one)), FALSE)
  if (all(plain)) numbers
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
