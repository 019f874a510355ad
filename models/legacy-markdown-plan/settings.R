# ---------------------------------------------------------------
#  SETTINGS for the markdown plan - change here, then Source plan.R
# ---------------------------------------------------------------
store        <- "S005"
brands       <- c("Dominicks 64 oz", "Tree Fresh 64 oz", "Citrus Hill 64 oz")
start_date   <- "1992-10-05"   # Monday of the first markdown week
weeks_left   <- 6L
stock_weeks  <- 9              # stock at hand, in weeks of normal sales
cost_share   <- 0.70           # cost of a carton / normal price
salvage      <- 0.10           # what is left over brings so much of the price
max_markdown <- 40             # per cent
step         <- 5              # per cent
min_step_weeks <- 2L           # keep a price at least so long
only_down    <- TRUE           # never raise a price again
