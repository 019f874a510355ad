# Values of a call as Julia objects, and which argument of the model's function gets which: by name.

special(x) = x == "Infinity" ? Inf : x == "-Infinity" ? -Inf : NaN
as_float(x) = x isa AbstractString ? (x in ("Infinity", "-Infinity", "NaN") ? special(x) : parse(Float64, x)) : Float64(x)

function to_value(kind::String, value, sent)
    value === nothing && return nothing
    kind == "integer" && return value isa BigInt ? value : Int(value)
    (kind == "number" || kind == "percent") && return as_float(value)
    kind == "money" && return as_float(value["amount"])
    kind == "date" && return Date(value)
    kind == "date-time" && (STATE.zoned = true; return instant(value))
    kind == "duration" && return Millisecond(round(Int, 1000 * (haskey(sent, "seconds") && value === sent["value"] ?
                                                              as_float(sent["seconds"]) : duration(value))))
    kind == "list" && return to_list(get(sent, "item", "text"), value, sent)
    kind == "multi-choice" && return String[v for v in value]
    return value
end

function to_list(item::String, values::Vector{Any}, sent)
    found = Any[to_value(item, v, sent) for v in values]
    for i in eachindex(found)
        found[i] === nothing && (found[i] = missing)
    end
    isempty(found) && return item in ("number", "percent", "money") ? Float64[] : item == "integer" ? Int[] :
                            item == "date" ? Date[] : item == "date-time" ? DateTime[] : item == "boolean" ? Bool[] : String[]
    return [x for x in found]
end

# "2026-11-22T10:00:00+01:00" → the clock time in UTC; parts of a millisecond are cut.
function instant(text::String)
    found = match(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d(?::?\d\d)?)?$", text)
    found === nothing && throw(BadInput("“$(text)” is no date-time such as 2026-11-22T10:00:00+01:00."))
    seconds = found[3] === nothing ? "00" : found[3]
    time = DateTime(string(found[1], "T", found[2], ":", seconds))
    found[4] === nothing || (time += Millisecond(parse(Int, rpad(first(found[4], 3), 3, '0'))))
    zone = found[5]
    (zone === nothing || zone == "Z") && return time
    digits = filter(isdigit, zone)
    shift = Hour(parse(Int, digits[1:2])) + Minute(parse(Int, digits[3:4]))
    return zone[1] == '-' ? time + shift : time - shift
end

# Seconds of an ISO 8601 duration such as PT1H30M.
function duration(text)
    text isa Number && return Float64(text)
    found = match(r"^([+-]?)P(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$", text)
    found === nothing && throw(BadInput("“$(text)” is no duration such as PT1H30M."))
    sizes = (604800.0, 86400.0, 3600.0, 60.0, 1.0)
    total = sum(found[n+1] === nothing ? 0.0 : parse(Float64, found[n+1]) * sizes[n] for n in 1:5)
    return found[1] == "-" ? -total : total
end

# (positional, named) arguments of a call, and the names that were not given.
function arguments(message)
    given = Dict{String,Any}()
    for (name, sent) in message["values"]
        given[name] = to_value(sent["type"], sent["value"], sent)
    end
    for (name, path) in message["tables"]
        given[name] = read_table(String(path), STATE.warnings)
    end
    for (name, path) in message["files"]
        given[name] = path
    end
    present = sort!([name for (name, value) in given if value !== nothing])
    empty = sort!([name for (name, value) in given if value === nothing])
    key = string(join(present, '\x1f'), '\x1e', join(empty, '\x1f'))
    # no `get!` with a closure here: Julia 1.5 crashes in the code it makes of that
    haskey(STATE.plans, key) || (STATE.plans[key] = make_plan(STATE.model, present, empty))
    positional, named = STATE.plans[key]::Tuple{Vector{String},Vector{String}}
    return Any[given[n] for n in positional], Pair{Symbol,Any}[Symbol(n) => given[n] for n in named], empty
end

# Calls the model. What was not given is left out; a keyword without a default that was not given is `nothing`:
# which ones have none is recorded nowhere, so Julia itself says it (before the function's body starts).
function call_model(positional::Vector{Any}, named::Vector{Pair{Symbol,Any}}, empty::Vector{String})
    while true
        try
            return isempty(named) ? Base.invokelatest(STATE.model, positional...) :
                                    Base.invokelatest(STATE.model, positional...; named...)
        catch error
            asked = error isa UndefKeywordError && string(error.var) in empty && !any(p -> p.first == error.var, named)
            asked || rethrow()
            push!(named, error.var => nothing)
        end
    end
end

# Which names go by position and which by keyword. Julia makes one method for each number of optional
# arguments, so leaving out what was not given means picking the right method.
function make_plan(@nospecialize(model), present::Vector{String}, empty::Vector{String})
    found = collect(methods(model))
    isempty(found) && throw(BadInput("“$(STATE.entry)” is no function."))
    keywords = Set{String}()
    for method in found, name in Base.kwarg_decl(method)
        push!(keywords, string(name))
    end
    any_keyword = any(endswith(name, "...") for name in keywords)
    best = nothing
    most = -1
    for method in found
        names = positional_names(method)
        all(n -> n in present || n in empty, names) || continue
        rest = setdiff(present, names)
        (any_keyword || all(n -> n in keywords, rest)) || continue
        score = 1000 * count(n -> n in present, names) - count(n -> n in empty, names)
        if score > most
            best, most = (names, rest), score
        end
    end
    best === nothing && throw(BadInput(mismatch(found, keywords, any_keyword, present, empty)))
    names, rest = best
    return names, rest
end

function positional_names(method::Method)
    names = String[string(n) for n in Base.method_argnames(method)[2:end]]
    return method.isva ? names[1:end-1] : names
end

function mismatch(found, keywords, any_keyword, present, empty)
    takes = Set{String}(n for n in keywords if !endswith(n, "..."))
    for method in found
        union!(takes, positional_names(method))
    end
    listed = isempty(takes) ? "nothing" : join(sort!(collect(takes)), ", ")
    for name in present
        name in takes || any_keyword ||
            return "The function of “$(STATE.entry)” does not take “$(name)” (it takes $listed); rename one of the two."
    end
    for method in sort(found, by = m -> m.nargs), name in positional_names(method)
        name in present || name in empty ||
            return "The function of “$(STATE.entry)” needs “$(name)”, which was not given; declare a field or an input " *
                   "of that name, or give the argument a default."
    end
    return "The function of “$(STATE.entry)” takes $listed, but not in this combination: $(join(present, ", "))."
end
