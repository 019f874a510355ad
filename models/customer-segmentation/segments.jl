# Customer segments from purchases: recency, frequency, monetary value, then k-means.
# Standard library only, so that it runs on any Julia from 1.5 on.

using Dates
using Random
using Statistics

const DEFAULT_NAMES = ["Champions", "Loyal", "Promising", "Occasional", "At risk", "Lost", "Group 7", "Group 8", "Group 9", "Group 10"]

function segment_customers(purchases; segments = 4, reference_date = nothing, since = nothing,
                           minimum_purchases = 1, recency_weight = 1.0, frequency_weight = 1.0,
                           monetary_weight = 1.0, log_scale = true, starts = 8, iterations = 100,
                           names = String[], table_rows = 5000, random_seed = 20260101)
    rng = MersenneTwister(random_seed)
    customers = rfm(purchases, reference_date, since, minimum_purchases)
    n = length(customers.customer)
    n >= segments || error("Only $n customers are left, fewer than $segments segments. Choose fewer segments or more purchases.")
    println("$n customers")

    features = standardised(customers, log_scale) .* [recency_weight frequency_weight monetary_weight]
    best_labels, best_centres, best_within = Int[], zeros(0, 0), Inf
    for start in 1:starts
        println("::progress $(round((start - 1) / starts, digits = 2)) start $start of $starts")
        labels, centres, within = kmeans(features, segments, iterations, rng)
        if within < best_within
            best_labels, best_centres, best_within = labels, centres, within
        end
    end

    order = sortperm([value_of(customers, best_labels .== k) for k in 1:segments], rev = true)
    rank = invperm(order)
    labels = rank[best_labels]
    called = [k <= length(names) ? String(names[k]) : DEFAULT_NAMES[k] for k in 1:segments]
    total = total_squares(features)
    (customers = customer_table(customers, labels, called, table_rows),
     segments = summary_table(customers, labels, called),
     within_share = 100 * best_within / total,
     silhouette = silhouette(features, labels, segments, rng),
     customers_in_all = n)
end

"Days since the last purchase, number of purchase days and amount spent, per customer."
function rfm(purchases, reference_date, since, minimum_purchases)
    last = Dict{String,Date}()
    days = Dict{String,Set{Date}}()
    spent = Dict{String,Float64}()
    for (customer, date, amount) in zip(purchases.customer, purchases.date, purchases.amount)
        (ismissing(customer) || ismissing(date) || ismissing(amount)) && continue
        id = string(customer)
        day = Date(date)
        since === nothing || day >= since || continue
        reference_date === nothing || day <= reference_date || continue
        last[id] = max(get(last, id, day), day)
        push!(get!(days, id, Set{Date}()), day)
        spent[id] = get(spent, id, 0.0) + amount
    end
    isempty(last) && error("No purchases are left between the first day and the reference date.")
    reference = reference_date === nothing ? maximum(values(last)) + Day(1) : reference_date
    ids = sort([id for id in keys(last) if length(days[id]) >= minimum_purchases])
    isempty(ids) && error("No customer has $minimum_purchases purchases or more. Lower the minimum.")
    (customer = ids,
     recency = [Dates.value(reference - last[id]) for id in ids],
     frequency = [length(days[id]) for id in ids],
     monetary = [spent[id] for id in ids])
end

"Columns with mean 0 and deviation 1; recent customers are high. Skewed amounts on a log scale."
function standardised(c, log_scale)
    squeeze = log_scale ? x -> log1p(max(x, 0.0)) : identity
    raw = hcat(-squeeze.(Float64.(c.recency)), squeeze.(Float64.(c.frequency)), squeeze.(c.monetary))
    spread = std(raw, dims = 1, corrected = false)
    spread[spread .== 0] .= 1.0
    (raw .- mean(raw, dims = 1)) ./ spread
end

total_squares(x) = sum(abs2, x .- mean(x, dims = 1))

function distance2(x, i, centres, k)
    d = 0.0
    @inbounds for j in 1:size(x, 2)
        d += (x[i, j] - centres[k, j])^2
    end
    d
end

"Lloyd's k-means from a k-means++ start. Returns labels, centres and the within sum of squares."
function kmeans(x, k, iterations, rng)
    n = size(x, 1)
    centres = plus_plus(x, k, rng)
    labels = zeros(Int, n)
    within = Inf
    for _ in 1:iterations
        moved = false
        within = 0.0
        for i in 1:n
            nearest, least = 1, Inf
            for c in 1:k
                d = distance2(x, i, centres, c)
                d < least && ((nearest, least) = (c, d))
            end
            moved |= labels[i] != nearest
            labels[i] = nearest
            within += least
        end
        moved || break
        for c in 1:k
            members = labels .== c
            any(members) && (centres[c, :] = vec(mean(x[members, :], dims = 1)))
        end
    end
    labels, centres, within
end

"Starting centres: each next one far from those chosen, with probability by squared distance."
function plus_plus(x, k, rng)
    n = size(x, 1)
    centres = zeros(k, size(x, 2))
    centres[1, :] = x[rand(rng, 1:n), :]
    nearest = fill(Inf, n)
    for c in 2:k
        for i in 1:n
            nearest[i] = min(nearest[i], distance2(x, i, centres, c - 1))
        end
        aim = rand(rng) * sum(nearest)
        chosen = searchsortedfirst(cumsum(nearest), aim)
        centres[c, :] = x[min(chosen, n), :]
    end
    centres
end

"Mean silhouette of up to 600 customers: 1 = well apart, 0 = on the border."
function silhouette(x, labels, k, rng)
    picked = sort(shuffle(rng, 1:size(x, 1))[1:min(600, size(x, 1))])
    scores = Float64[]
    for i in picked
        sums, counts = zeros(k), zeros(Int, k)
        for j in picked
            i == j && continue
            d = sqrt(sum(abs2, x[i, :] .- x[j, :]))
            sums[labels[j]] += d
            counts[labels[j]] += 1
        end
        own = labels[i]
        others = [sums[c] / counts[c] for c in 1:k if c != own && counts[c] > 0]
        (counts[own] == 0 || isempty(others)) && continue
        a, b = sums[own] / counts[own], minimum(others)
        push!(scores, max(a, b) == 0 ? 0.0 : (b - a) / max(a, b))
    end
    isempty(scores) ? 0.0 : mean(scores)
end

value_of(c, members) = any(members) ? mean(c.monetary[members]) : -Inf

function customer_table(c, labels, called, rows)
    shown = sortperm(collect(zip(labels, -c.monetary)))[1:min(rows, length(labels))]
    (customer = c.customer[shown], segment = called[labels[shown]], recency_days = c.recency[shown],
     purchases = c.frequency[shown], spent = round.(c.monetary[shown], digits = 2))
end

function summary_table(c, labels, called)
    groups = [labels .== k for k in 1:length(called)]
    everything = sum(c.monetary)
    (segment = called,
     customers = [count(g) for g in groups],
     share = [100 * count(g) / length(labels) for g in groups],
     revenue_share = [everything == 0 ? 0.0 : 100 * sum(c.monetary[g]) / everything for g in groups],
     recency_days = [any(g) ? mean(c.recency[g]) : missing for g in groups],
     purchases = [any(g) ? mean(c.frequency[g]) : missing for g in groups],
     spent = [any(g) ? mean(c.monetary[g]) : missing for g in groups])
end
