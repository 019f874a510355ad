# Own-price elasticities by brand: log units on log price (+ deal, feature, trend), one regression each.
# run:  julia elasticity.jl     (reads config.ini and sales.csv, writes results/)
using DelimitedFiles, Dates, LinearAlgebra, Statistics, Printf

cd(@__DIR__)

function readini(path)
    cfg = Dict{String,String}()
    section = ""
    for line in eachline(path)
        s = strip(line)
        (isempty(s) || startswith(s, ";") || startswith(s, "#")) && continue
        if startswith(s, "[")
            section = strip(s, ['[', ']'])
        else
            k, v = split(s, "=", limit = 2)
            cfg["$section.$(strip(k))"] = strip(v)
        end
    end
    cfg
end

cfg = readini("config.ini")
yes(k) = lowercase(cfg[k]) in ("true", "yes", "1", "on")
num(k) = parse(Float64, cfg[k])

raw, header = readdlm("data/sales.csv", ',', String, '\n', header = true)
col(name) = findfirst(==(name), strip.(vec(header), '"'))
clean(x) = strip(x, '"')
dates = Date.(first.(clean.(raw[:, col("week")]), 10))
stores = clean.(raw[:, col("store")])
brands = clean.(raw[:, col("brand")])
units = parse.(Float64, raw[:, col("units")])
prices = parse.(Float64, raw[:, col("price")])
deals = parse.(Float64, raw[:, col("deal")])
feats = parse.(Float64, raw[:, col("feature")])

keep = (dates .>= Date(cfg["data.from"])) .& (dates .<= Date(cfg["data.to"])) .& (units .> 0)
if cfg["data.store"] != "ALL"
    keep .&= stores .== cfg["data.store"]
end
println("rows used: ", count(keep))
count(keep) == 0 && (println(stderr, "nothing to do - check store and dates"); exit(2))

# two-sided quantile of the normal distribution (Acklam's approximation is overkill here: bisection)
function normal_quantile(p)
    cdf(x) = 0.5 * (1 + sign(x) * sqrt(1 - exp(-2x^2 / pi * (1 + 0.14 * x^2 * pi / 4) / (1 + 0.14 * x^2))))
    lo, hi = 0.0, 8.0
    for _ in 1:80
        m = (lo + hi) / 2
        cdf(m) < p ? (lo = m) : (hi = m)
    end
    lo
end
z = normal_quantile(0.5 + num("model.confidence") / 200)

isdir("results") || mkdir("results")
out = open("results/elasticities.csv", "w")
println(out, "brand,observations,elasticity,lower,upper,r2,mean_price,best_price")
found = Float64[]
for b in sort(unique(brands[keep]))
    i = findall(keep .& (brands .== b))
    if length(unique(dates[i])) < num("data.min_weeks")
        println("skipped, too few weeks: ", b)
        continue
    end
    y = log.(units[i])
    X = hcat(ones(length(i)), log.(prices[i]))
    # stores differ in size: take out their means
    for s in unique(stores[i])
        m = stores[i] .== s
        y[m] .-= mean(y[m])
        X[m, 2] .-= mean(X[m, 2])
    end
    yes("model.deal") && (X = hcat(X, deals[i]))
    yes("model.feature") && (X = hcat(X, feats[i]))
    yes("model.trend") && (X = hcat(X, [Dates.value(d - Date(1990)) / 365 for d in dates[i]]))
    X = X[:, [j == 1 || std(X[:, j]) > 1e-9 for j in 1:size(X, 2)]]
    A = X'X + num("model.ridge") * I
    beta = A \ (X'y)
    res = y - X * beta
    s2 = sum(abs2, res) / max(1, length(i) - size(X, 2))
    se = sqrt(s2 * inv(A)[2, 2])
    e = beta[2]
    p = mean(prices[i])
    cost = num("pricing.cost_share") * p
    best = e < -1 ? cost * e / (1 + e) : Inf
    limit = num("pricing.max_change") / 100
    best = clamp(best, p * (1 - limit), p * (1 + limit))
    r2 = 1 - sum(abs2, res) / sum(abs2, y .- mean(y))
    @printf(out, "%s,%d,%.4f,%.4f,%.4f,%.4f,%.4f,%.4f\n", b, length(i), e, e - z * se, e + z * se, r2, p, best)
    @printf("%-28s %8.3f  (+/- %.3f)\n", b, e, z * se)
    push!(found, e)
end
close(out)
isempty(found) && (println(stderr, "no brand has enough weeks"); exit(3))
@printf("brands: %d\n", length(found))
@printf("median_elasticity: %.4f\n", median(found))
