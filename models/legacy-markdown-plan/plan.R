# Markdown plan for slow brands - S. Okafor, Procurement
# needs: sales.csv (export of the till), settings.R

rm(list = ls())
setwd("C:/Users/sokafor/Documents/markdown")
source("settings.R")

sales <- read.csv("data/sales.csv", stringsAsFactors = FALSE)
sales <- sales[sales$store == store & sales$brand %in% brands, ]
if (nrow(sales) == 0) stop("no sales for store ", store)
cat("store", store, "-", nrow(sales), "rows\n")
View(sales)

markdowns <- seq(0, max_markdown, by = step)
plan <- NULL
curves <- list()

for (b in brands) {
  d <- sales[sales$brand == b, ]
  if (nrow(d) < 12) { cat("skipped (too few weeks):", b, "\n"); next }
  fit <- lm(log(pmax(units, 1)) ~ log(price) + deal, data = d)
  e <- unname(coef(fit)["log(price)"])
  if (is.na(e)) e <- -1.5
  e <- min(max(e, -6), -0.3)
  last <- tail(d[order(d$week), ], 8)
  price <- median(last$price)
  base <- mean(d$units[d$deal == 0])
  if (is.nan(base)) base <- mean(d$units)
  stock <- round(base * stock_weeks)
  curves[[b]] <- base * (1 - markdowns / 100)^e

  # try every pair of a first and a second markdown
  best <- NULL
  for (m1 in markdowns) for (m2 in markdowns) for (w1 in min_step_weeks:weeks_left) {
    if (only_down && m2 < m1) next
    if (weeks_left - w1 > 0 && weeks_left - w1 < min_step_weeks) next
    s1 <- min(stock, w1 * base * (1 - m1 / 100)^e)
    s2 <- min(stock - s1, (weeks_left - w1) * base * (1 - m2 / 100)^e)
    left <- stock - s1 - s2
    profit <- price * (s1 * (1 - m1 / 100) + s2 * (1 - m2 / 100) + left * salvage) - stock * price * cost_share
    if (is.null(best) || profit > best$profit + 1e-9)
      best <- list(m1 = m1, m2 = m2, w1 = w1, s1 = s1, s2 = s2, left = left, profit = profit)
  }
  weeks <- as.Date(start_date) + 7 * (seq_len(weeks_left) - 1)
  md <- ifelse(seq_len(weeks_left) <= best$w1, best$m1, best$m2)
  plan <- rbind(plan, data.frame(brand = b, week = weeks, markdown = md,
                                 price = round(price * (1 - md / 100), 2),
                                 expected_units = round(base * (1 - md / 100)^e, 1)))
  cat(sprintf("%-28s elasticity %5.2f  stock %5d  %2d%% then %2d%%  left %5.0f  profit %8.2f\n",
              b, e, stock, best$m1, best$m2, best$left, best$profit))
  if (!exists("profit_in_all")) { profit_in_all <- 0; left_over <- 0 }
  profit_in_all <- profit_in_all + best$profit
  left_over <- left_over + best$left
}

if (is.null(plan)) stop("no brand could be planned")
write.csv2(plan, "markdown_plan.csv", row.names = FALSE)
cat("profit_in_all =", format(round(profit_in_all, 2), nsmall = 2), "\n")
cat("left_over =", round(left_over), "\n")

matplot(markdowns, do.call(cbind, curves), type = "l", lty = 1, lwd = 2,
        xlab = "markdown (%)", ylab = "cartons a week", main = paste("Store", store))
legend("topleft", names(curves), col = seq_along(curves), lty = 1, lwd = 2, bty = "n")
