# What a Julia model returned, as outputs of the protocol (PROTOCOL.md).

struct BadOutput <: Exception
    message::String
end
Base.showerror(io::IO, e::BadOutput) = print(io, e.message)

const FIGURE_TYPES = ((MIME("image/svg+xml"), "svg"), (MIME("image/png"), "png"))
const PLOTLY = MIME("application/vnd.plotly.v1+json")

declared_kind(expected, name::String) = haskey(expected, name) ? expected[name]["kind"]::String : ""
declared_path(expected, name::String) = (p = get(expected[name], "path", nothing); p isa String ? p : "")

function collect_outputs(@nospecialize(returned), expected::Dict{String,Any}, scratch::String)
    outputs = Any[]
    for (name, value) in named_parts(returned, expected)
        value === nothing || push!(outputs, make_output(name, value, declared_kind(expected, name), scratch))
    end
    have = String[o["name"] for o in outputs]
    for name in keys(expected)
        path = declared_path(expected, name)
        kind = declared_kind(expected, name)
        if !(name in have) && !isempty(path) && isfile(path) && kind in ("file", "figure")
            push!(outputs, make_output(name, path, kind, scratch))
            push!(have, name)
        end
    end
    for name in keys(expected)
        name in have && continue
        came = isempty(have) ? "nothing" : join(("“$(n)”" for n in have), ", ")
        throw(BadOutput("The model gave no “$(name)” (declared as $(declared_kind(expected, name))); it gave $came. " *
                        "Return it under that name, or take it out of the manifest."))
    end
    return outputs
end

# Name → value: a NamedTuple, dictionary or vector of pairs is a collection of outputs,
# unless it is one table (all parts are vectors, and nobody declared the parts apart).
function named_parts(@nospecialize(returned), expected)
    returned === nothing && return Pair{String,Any}[]
    parts = parts_of(returned)
    if parts !== nothing
        known = any(p -> haskey(expected, p.first), parts)
        columns = !isempty(parts) && all(p -> p.second isa AbstractVector, parts) &&
                  length(unique(length(p.second) for p in parts)) == 1
        (known || !columns) && !(single_kind(expected) == "table" && columns && !known) && return parts
    end
    return Pair{String,Any}[single_name(returned, expected) => returned]
end

parts_of(@nospecialize(x)) = nothing
parts_of(@nospecialize(x::NamedTuple)) = Pair{String,Any}[string(k) => getfield(x, k) for k in keys(x)]
parts_of(@nospecialize(x::AbstractDict)) = Pair{String,Any}[string(k) => v for (k, v) in x]
parts_of(@nospecialize(x::AbstractVector{<:Pair})) =
    isempty(x) ? nothing : Pair{String,Any}[string(p.first) => p.second for p in x]
parts_of(@nospecialize(x::Pair)) = Pair{String,Any}[string(x.first) => x.second]

needed(expected) = String[n for n in keys(expected) if declared_kind(expected, n) != "file" || isempty(declared_path(expected, n))]
single_kind(expected) = (n = needed(expected); length(n) == 1 ? declared_kind(expected, n[1]) : "")

function single_name(@nospecialize(value), expected)
    names = needed(expected)
    length(names) == 1 && return names[1]
    kind = value isa Number ? "metric" : value isa AbstractString ? "text" : figure_format(value) != "" ? "figure" : "table"
    suits = [n for n in names if declared_kind(expected, n) == kind]
    return length(suits) == 1 ? suits[1] : "result"
end

output(name, kind, more...) = Dict{String,Any}("name" => name, "kind" => kind, more...)

function make_output(name::String, @nospecialize(value), kind::String, scratch::String)
    kind == "text" && return output(name, "text", "value" => as_text(value))
    kind == "file" && return output(name, "file", "path" => file_path(name, value, "file"))
    kind == "figure" && return make_figure(name, value, scratch)
    if kind == "metric" || (kind == "" && value isa Real)
        value isa Real || wrong(name, "metric", value)
        return output(name, "metric", "value" => Float64(value))
    end
    if kind == ""
        value isa Union{AbstractString,Symbol,Char,Complex,Dates.TimeType,Dates.Period} &&
            return output(name, "text", "value" => as_text(value))
        figure_format(value) != "" && return make_figure(name, value, scratch)
    end
    table = as_columns(value)
    if table === nothing
        kind == "table" && wrong(name, "table", value)
        return output(name, "text", "value" => as_text(value))
    end
    names, columns = table
    return output(name, "table", "path" => write_table(new_path(scratch, ""), names, columns, name))
end

wrong(name, kind, @nospecialize(value)) = throw(BadOutput(
    "The output “$(name)” is declared as $kind, but the model gave $(describe(value)). " *
    "Return a $kind under that name, or correct the manifest."))

describe(@nospecialize(x)) = x isa Real ? "the number $x" : x isa AbstractString ? "a text ($(repr(first(x, 40))))" :
                             "a $(typeof(x).name.name)"

as_text(@nospecialize(x)) = x isa AbstractString ? String(x) : x isa Union{Symbol,Char,Date,DateTime} ? string(x) :
                            sprint(show, MIME("text/plain"), x)

function new_path(scratch::String, suffix::String)
    folder = joinpath(scratch, ".outputs")
    mkpath(folder)
    return joinpath(folder, string(length(readdir(folder)), suffix))
end

function file_path(name, @nospecialize(value), kind)
    value isa AbstractString || wrong(name, kind, value)
    isfile(value) || throw(BadOutput("The output “$(name)” names the file “$(value)”, which does not exist. " *
                                     "Write the file and return its path."))
    return abspath(String(value))
end

# ---- figures -------------------------------------------------------------------------------------------

function figure_format(@nospecialize(value))
    value isa Union{Number,AbstractString,AbstractArray,AbstractDict,NamedTuple,Tuple,Symbol} && return ""
    for (mime, format) in FIGURE_TYPES
        Base.invokelatest(showable, mime, value) && return format
    end
    return Base.invokelatest(showable, PLOTLY, value) ? "plotly" : ""
end

function make_figure(name::String, @nospecialize(value), scratch::String)
    if value isa AbstractString
        start = lstrip(first(value, 64))
        if startswith(start, "<svg") || startswith(start, "<?xml")
            path = new_path(scratch, ".svg")
            write(path, value)
            return output(name, "figure", "path" => path, "format" => "svg")
        end
        path = file_path(name, value, "figure")
        format = lowercase(lstrip(splitext(path)[2], '.'))
        format in ("svg", "png") || throw(BadOutput("The figure “$(name)” is a .$format file. Save it as .svg or .png."))
        return output(name, "figure", "path" => path, "format" => format)
    end
    if value isa Vector{UInt8} && length(value) > 8 && value[2:4] == b"PNG"
        path = new_path(scratch, ".png")
        write(path, value)
        return output(name, "figure", "path" => path, "format" => "png")
    end
    format = figure_format(value)
    format == "" && wrong(name, "figure", value)
    path = new_path(scratch, format == "plotly" ? ".json" : "." * format)
    mime = format == "plotly" ? PLOTLY : format == "svg" ? FIGURE_TYPES[1][1] : FIGURE_TYPES[2][1]
    open(io -> Base.invokelatest(show, io, mime, value), path, "w")
    return output(name, "figure", "path" => path, "format" => format)
end

# ---- tables --------------------------------------------------------------------------------------------

# (names, columns) of anything that is a table in spirit; nothing where it is not.
function as_columns(@nospecialize(x))
    x isa AbstractMatrix && return String[string(n) for n in 1:size(x, 2)], Any[x[:, n] for n in 1:size(x, 2)]
    if x isa NamedTuple && all(v -> v isa AbstractVector, values(x))
        return String[string(k) for k in keys(x)], Any[values(x)...]
    end
    if x isa AbstractDict
        ks = collect(keys(x))
        all(v -> v isa AbstractVector, values(x)) && return String[string(k) for k in ks], Any[x[k] for k in ks]
        return String["name", "value"], Any[String[string(k) for k in ks], [x[k] for k in ks]]
    end
    x isa AbstractVector && return vector_columns(x)
    x isa Union{Number,AbstractString,Symbol,Tuple,Function,Type} && return nothing
    # DataFrame and its like: property names are columns
    names = Base.invokelatest(propertynames, x)
    columns = Any[Base.invokelatest(getproperty, x, n) for n in names]
    (isempty(columns) || !all(c -> c isa AbstractVector, columns)) && return nothing
    return String[string(n) for n in names], columns
end

function vector_columns(@nospecialize(x))
    if !isempty(x) && all(r -> r isa NamedTuple || r isa AbstractDict, x)
        names = collect(keys(x[1]))
        return String[string(n) for n in names], Any[[r[n] for r in x] for n in names]
    end
    isempty(x) || all(v -> v isa Union{Real,AbstractString,Symbol,Char,Missing,Nothing,Dates.TimeType,Dates.Period}, x) || return nothing
    return String["value"], Any[x]
end
