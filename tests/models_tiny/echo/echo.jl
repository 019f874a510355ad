# Gives back what it was given, in a table for each kind: numbers, texts, days, moments, flags.
using Dates

kind(value::Bool) = ("flags", value)
kind(value::Integer) = ("texts", string(value))  # of any size
kind(value::DateTime) = ("moments", value)
kind(value::Date) = ("days", value)
kind(value::Millisecond) = ("numbers", Dates.value(value) / 1000)
kind(value::Real) = ("numbers", Float64(value))
kind(value::AbstractString) = ("texts", String(value))

function echo(; rows = nothing, given...)
    found = Dict{String,Any}()
    for (name, value) in given, (at, one) in enumerate(value isa AbstractVector ? value : [value])
        (one === nothing || one === missing) && continue
        where, held = kind(one)
        table = get!(() -> (name = String[], at = Int[], value = typeof(held)[]), found, where)
        push!(table.name, string(name))
        push!(table.at, at - 1)
        push!(table.value, held)
    end
    rows === nothing || (found["rows"] = rows)
    return found
end
