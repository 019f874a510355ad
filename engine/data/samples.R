# Writes the example tables out of Debian's package r-cran-bayesm as CSV: Rscript samples.R FOLDER
# Names and units are made readable: movement (log of ounces) becomes cartons, prices are for a carton.
folder <- commandArgs(trailingOnly = TRUE)[1]
if (!requireNamespace("bayesm", quietly = TRUE)) quit(status = 3)
write <- function(table, name) {
  write.csv(table, file.path(folder, paste0(name, ".csv")), row.names = FALSE, na = "", fileEncoding = "UTF-8")
}
items <- new.env()
data(list = c("orangeJuice", "Scotch", "margarine"), package = "bayesm", envir = items)

juice <- items$orangeJuice$yx
brands <- c("Tropicana Premium 64 oz", "Tropicana Premium 96 oz", "Florida's Natural 64 oz", "Tropicana 64 oz",
            "Minute Maid 64 oz", "Minute Maid 96 oz", "Citrus Hill 64 oz", "Tree Fresh 64 oz",
            "Florida Gold 64 oz", "Dominicks 64 oz", "Dominicks 128 oz")
ounces <- as.integer(sub(".* ([0-9]+) oz$", "\\1", brands))[juice$brand]
prices <- as.matrix(juice[, paste0("price", 1:11)])
own <- prices[cbind(seq_len(nrow(juice)), juice$brand)]
write(data.frame(
  week = as.Date("1989-09-14") + 7 * (juice$week - 1),
  store = sprintf("S%03d", juice$store),
  brand = brands[juice$brand],
  units = round(exp(juice$logmove) / ounces),
  price = round(own * ounces, 4),
  deal = juice$deal,
  feature = juice$feat,
  profit = juice$profit
), "orange-juice-sales")

scotch <- items$Scotch
labels <- gsub("\\.\\.\\.", " & ", names(scotch))
labels <- sub("^Pinch\\.\\.Haig\\.$", "Pinch (Haig)", labels)
labels <- sub("^Dewar\\.s", "Dewar's", labels)
labels <- gsub("\\.", " ", labels)
used <- which(as.matrix(scotch) == 1, arr.ind = TRUE)
used <- used[order(used[, 1], used[, 2]), ]
write(data.frame(person = sprintf("P%04d", used[, 1]), brand = labels[used[, 2]]), "scotch-brands")

tubs <- c("Parkay stick", "Blue Bonnett stick", "Fleischmann's stick", "House stick", "Generic stick",
          "Imperial stick", "Shed Spread tub", "Parkay tub", "Fleischmann's tub", "House tub")
choice <- items$margarine$choicePrice
write(data.frame(household = as.character(choice$hhid), brand = tubs[choice$choice],
                 price = as.matrix(choice[, 3:12])[cbind(seq_len(nrow(choice)), choice$choice)]), "margarine-purchases")
