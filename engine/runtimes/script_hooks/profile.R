# Read by R before a script that runs unchanged (R_PROFILE_USER): functions that make sense only at somebody's
# own desk are masked, nothing else changes. Base packages are attached first, so that the masks lie before them.
.First.sys()
local({
  folder <- Sys.getenv("QUARTERDECK_FIGURES", ".")
  if (nzchar(Sys.getenv("QUARTERDECK_PNG")) && capabilities("png")) {
    options(device = function(...) {
      dir.create(folder, showWarnings = FALSE, recursive = TRUE)
      grDevices::png(file.path(folder, "Rplot%03d.png"), width = 1400, height = 1000, res = 150)
    })
  }
  input <- NULL
  masks <- list(
    setwd = function(dir) {
      if (dir.exists(dir)) return(base::setwd(dir))
      message("setwd(\"", dir, "\") has no effect here: the script runs in its own folder.")
      invisible(getwd())
    },
    View = function(x, title) {
      print(utils::head(x, 20L))
      invisible(NULL)
    },
    readline = function(prompt = "") {
      cat(prompt)
      if (is.null(input)) input <<- file("stdin", open = "r")
      line <- readLines(input, n = 1L)
      cat(line, "\n", sep = "")
      if (length(line)) line else ""
    },
    install.packages = function(pkgs, ...) {
      absent <- pkgs[!vapply(pkgs, requireNamespace, TRUE, quietly = TRUE)]
      if (length(absent)) {
        stop("The package ", paste(absent, collapse = ", "), " is not installed on this server. ",
             "Ask an administrator to install it.", call. = FALSE)
      }
      message("install.packages has no effect here: ", paste(pkgs, collapse = ", "), " is installed.")
      invisible(NULL)
    },
    file.choose = function(...) {
      stop("file.choose() needs a person at the screen; name the file in the script instead.", call. = FALSE)
    }
  )
  attach(masks, name = "quarterdeck", warn.conflicts = FALSE)
})
