# Weekly demand of orange juice, by brand: ARIMA with prices and deals as regressors.
# Started as a script that was run by hand each quarter; now a function with the same steps.

suppressPackageStartupMessages({
  library(forecast)
  library(ggplot2)
})

forecast_demand <- function(sales, scope = "all", store = NULL, brands = NULL, history_from = NULL,
                            horizon = 13, method = "arima", use_price = TRUE, use_deals = TRUE,
                            inner_level = 80, outer_level = 95, promotion = FALSE, promotion_start = 1,
                            promotion_weeks = 2, price_cut = 15, holdout = 8) {
  weekly <- prepare(sales, scope, store, brands, history_from)
  chosen <- sort(unique(weekly$brand))
  levels <- c(inner_level, outer_level)
  cat(sprintf("%d brand(s), %d week(s) of history\n", length(chosen), length(unique(weekly$week))))

  tables <- list()
  accuracy <- list()
  for (n in seq_along(chosen)) {
    brand <- chosen[n]
    cat(sprintf("::progress %.2f fitting %s\n", (n - 1) / length(chosen), brand))
    history <- weekly[weekly$brand == brand, ]
    history <- history[order(history$week), ]
    if (nrow(history) < 2 * holdout + 4) {
      warning(sprintf("%s has only %d weeks of history; %d are needed. It was left out.",
                      brand, nrow(history), 2 * holdout + 4))
      next
    }
    accuracy[[brand]] <- backtest(history, holdout, method, use_price, use_deals)
    plan <- promotion_plan(history, horizon, promotion, promotion_start, promotion_weeks, price_cut)
    tables[[brand]] <- project(history, plan, method, use_price, use_deals, levels)
  }
  if (length(tables) == 0) stop("No brand has enough history. Choose more history or a shorter holdout.")

  future <- do.call(rbind, c(tables, list(make.row.names = FALSE)))
  scores <- do.call(rbind, c(accuracy, list(make.row.names = FALSE)))
  list(
    forecast = future,
    accuracy = scores,
    mape = weighted.mean(scores$mape, scores$units),
    mase = mean(scores$mase),
    total_units = sum(future$units),
    picture = draw(weekly[weekly$brand %in% names(tables), ], future)
  )
}

# One row per brand and week: units, average price, share of the stores with a deal.
prepare <- function(sales, scope, store, brands, history_from) {
  sales$store <- as.character(sales$store)
  sales$brand <- as.character(sales$brand)
  if (scope == "one") {
    if (is.null(store)) stop("Choose a store, or set the scope to all stores.")
    sales <- sales[sales$store == store, ]
  }
  if (length(brands) > 0) sales <- sales[sales$brand %in% brands, ]
  if (!is.null(history_from)) sales <- sales[sales$week >= history_from, ]
  if (nrow(sales) == 0) stop("No sales are left with this store, these brands and this first week.")
  key <- paste(sales$brand, as.integer(sales$week), sep = "\r")
  sums <- rowsum(cbind(units = sales$units, price = log(sales$price), deal = sales$deal, stores = 1),
                 key, reorder = FALSE)
  parts <- do.call(rbind, strsplit(rownames(sums), "\r", fixed = TRUE))
  data.frame(
    brand = parts[, 1],
    week = as.Date(as.integer(parts[, 2]), origin = "1970-01-01"),
    units = sums[, "units"],
    price = exp(sums[, "price"] / sums[, "stores"]),
    deal = sums[, "deal"] / sums[, "stores"],
    stringsAsFactors = FALSE, row.names = NULL
  )
}

regressors <- function(data, use_price, use_deals) {
  x <- cbind(price = if (use_price) log(data$price), deal = if (use_deals) data$deal)
  if (is.null(x)) return(NULL)
  varies <- apply(x, 2, function(column) length(unique(round(column, 8))) > 1)
  if (any(varies)) x[, varies, drop = FALSE] else NULL
}

fit <- function(history, method, use_price, use_deals) {
  y <- ts(log(pmax(history$units, 1)))
  if (method == "ets") return(ets(y))
  x <- if (method == "arima") regressors(history, use_price, use_deals) else NULL
  if (is.null(x)) auto.arima(y) else auto.arima(y, xreg = x, max.p = 3, max.q = 3)
}

project <- function(history, plan, method, use_price, use_deals, levels) {
  model <- fit(history, method, use_price, use_deals)
  needed <- setdiff(colnames(model$xreg), c("drift", "intercept"))
  x <- NULL
  if (method == "arima" && length(needed) > 0) {
    x <- cbind(price = log(plan$price), deal = plan$deal)[, needed, drop = FALSE]
  }
  future <- if (is.null(x)) forecast(model, h = nrow(plan), level = levels)
            else forecast(model, xreg = x, level = levels)
  bounds <- function(side, n) as.numeric(exp(side[, n]))
  data.frame(
    brand = history$brand[1], week = plan$week, units = as.numeric(exp(future$mean)),
    lower = bounds(future$lower, 2), upper = bounds(future$upper, 2),
    lower_inner = bounds(future$lower, 1), upper_inner = bounds(future$upper, 1),
    price = plan$price, deal = plan$deal, stringsAsFactors = FALSE
  )
}

# The coming weeks: last month's price, no deals, except in the planned promotion.
promotion_plan <- function(history, horizon, promotion, start, weeks, price_cut) {
  last <- tail(history, 4)
  plan <- data.frame(week = max(history$week) + 7 * seq_len(horizon), price = mean(last$price), deal = 0)
  if (promotion) {
    on <- seq_len(horizon) %in% seq(start, length.out = weeks)
    plan$price[on] <- plan$price[on] * (1 - price_cut / 100)
    plan$deal[on] <- 1
  }
  plan
}

# How good would the forecast have been: the last weeks are held back, prices and deals are known.
backtest <- function(history, holdout, method, use_price, use_deals) {
  n <- nrow(history)
  train <- history[seq_len(n - holdout), ]
  test <- history[(n - holdout + 1):n, ]
  plan <- data.frame(week = test$week, price = test$price, deal = test$deal)
  predicted <- project(train, plan, method, use_price, use_deals, c(80, 95))$units
  errors <- abs(predicted - test$units)
  naive <- mean(abs(diff(train$units)))
  data.frame(brand = history$brand[1], mape = 100 * mean(errors / test$units), mase = mean(errors) / naive,
             mean_error = mean(predicted - test$units), units = sum(test$units), stringsAsFactors = FALSE)
}

draw <- function(weekly, future) {
  recent <- weekly[weekly$week > max(weekly$week) - 7 * 52, ]
  ggplot(future, aes(week, units)) +
    geom_ribbon(aes(ymin = lower, ymax = upper), fill = "#2f6f9f", alpha = 0.15) +
    geom_ribbon(aes(ymin = lower_inner, ymax = upper_inner), fill = "#2f6f9f", alpha = 0.25) +
    geom_line(data = recent, colour = "grey35") +
    geom_line(colour = "#2f6f9f", linewidth = 0.9) +
    facet_wrap(~brand, scales = "free_y") +
    labs(x = NULL, y = "cartons a week", title = "Last year and forecast") +
    theme_minimal(base_size = 11)
}
