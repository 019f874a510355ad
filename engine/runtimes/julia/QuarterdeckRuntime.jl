# The Julia side of a worker, shared by both bridges: `handle(text)` takes the JSON text of a `load` or `call`
# and returns that of its answer. Standard library only, Julia ≥ 1.5.

module QuarterdeckRuntime

using Dates, Logging, Random

# less time in the compiler for code that mostly waits; the loops over columns are as fast with it
isdefined(Base, :Experimental) && isdefined(Base.Experimental, Symbol("@optlevel")) &&
    @eval Base.Experimental.@optlevel 1

mutable struct State
    home::String
    folder::String
    entry::String
    model::Any
    zoned::Bool
    warnings::Vector{String}
    running::Bool
    plans::Dict{String,Any}
    mapped::Int   # bytes since the last look of the collector
    pending::Int  # and since its last full one
end
const STATE = State("", "", "", nothing, false, String[], false, Dict{String,Any}(), 0, 0)

struct BadInput <: Exception
    message::String
end
Base.showerror(io::IO, e::BadInput) = print(io, e.message)

include("json.jl")
include("columns.jl")
include("outputs.jl")
include("arguments.jl")

# ---- warnings: collected, and shown in the log as well --------------------------------------------------

struct Collector <: AbstractLogger end
Logging.min_enabled_level(::Collector) = Logging.Info
Logging.shouldlog(::Collector, args...) = true
Logging.catch_exceptions(::Collector) = true
function Logging.handle_message(::Collector, level, message, args...; kwargs...)
    text = string(message)
    if level >= Logging.Warn && !(text in STATE.warnings) && length(STATE.warnings) < 100
        push!(STATE.warnings, text)
    end
    details = join((" $k = $v" for (k, v) in kwargs if k != :maxlog), "")
    println(stderr, level >= Logging.Error ? "Error: " : level >= Logging.Warn ? "Warning: " : "", text, details)
end

# ---- load and call --------------------------------------------------------------------------------------

function handle(text::AbstractString)
    answer = handle_message(json_read(String(text)))
    tidy()
    return answer
end

const MAPPED_ENOUGH = 32 << 20  # bytes

# Mapped files keep their storage until the collector finds that nobody uses them any more, and it does not know
# how large they are: after a call with large tables it is asked to look.
function tidy()
    STATE.mapped > MAPPED_ENOUGH || return nothing
    STATE.pending += STATE.mapped
    STATE.mapped = 0
    full = STATE.pending > 8 * MAPPED_ENOUGH  # a quick look takes a few milliseconds, a full one many
    full && (STATE.pending = 0)
    GC.gc(full)
    return nothing
end

function handle_message(message::Dict{String,Any})
    STATE.warnings = String[]
    STATE.zoned = false
    answer = Dict{String,Any}("id" => message["id"])
    loads = message["kind"] == "load"
    try
        with_logger(Collector()) do
            loads ? load!(answer, message) : call!(answer, message)
        end
    catch error
        failed!(answer, error, catch_backtrace(), loads)
    end
    flush(stdout)
    flush(stderr)
    return json_write(answer)
end

function load!(answer, message)
    started = time_ns()
    file, name = rsplit(message["entry"]::String, ':', limit = 2)
    STATE.home = pwd()
    STATE.folder = realpath(message["folder"]::String)
    STATE.entry = message["entry"]
    path = joinpath(STATE.folder, file)
    isfile(path) || throw(BadInput("The entry “$(STATE.entry)” names the file “$(file)”, which the folder does not have."))
    seed!(message)
    use_folder(STATE.folder)
    # bound in Main: a module that nothing holds (`Module(:Model)`) breaks Julia 1.5's garbage collector
    space = Core.eval(Main, Expr(:module, true, gensym(:Model), Expr(:block)))
    Base.include(space, path)
    model = Base.invokelatest(find, space, name)
    model === nothing && throw(BadInput("“$(file)” has no function “$(name)”; define it, or correct the entry in the manifest."))
    STATE.model = model
    empty!(STATE.plans)
    answer["kind"] = "ready"
    answer["seconds"] = (time_ns() - started) / 1e9
    answer["environment"] = Dict{String,Any}("version" => string(VERSION), "packages" => packages())
end

function find(space::Module, name::AbstractString)
    found = space
    for part in split(name, '.')
        (found isa Module && isdefined(found, Symbol(part))) || return nothing
        found = getfield(found, Symbol(part))
    end
    return found
end

# The model's own Project.toml is in force, and modules lying in its folder can be used.
function use_folder(folder::String)
    folder in LOAD_PATH || push!(LOAD_PATH, folder)
    project = joinpath(folder, "Project.toml")
    isfile(project) && (Base.ACTIVE_PROJECT[] = project)
end

function packages()
    found = Dict{String,Any}()
    for (id, loaded) in Base.loaded_modules
        version = package_version(loaded)
        version === nothing || (found[id.name] = version)
    end
    return found
end

function package_version(loaded::Module)
    file = pathof(loaded)
    file === nothing && return nothing
    project = joinpath(dirname(dirname(file)), "Project.toml")
    isfile(project) || return nothing
    for line in eachline(project)
        line = strip(line)
        startswith(line, "[") && return nothing
        startswith(line, "version") && return strip(split(line, '=')[2], [' ', '"'])
    end
    return nothing
end

const SEEDED = Ref(false)

# A call without a seed is random, also after one with a seed (or the warm-up) in the same process.
function seed!(message)
    seed = get(message, "seed", nothing)
    seed === nothing ? (SEEDED[] && Random.seed!()) : Random.seed!(mod(seed, typemax(Int64)))
    SEEDED[] = seed !== nothing
end

function call!(answer, message)
    isempty(STATE.home) || cd(STATE.home)
    positional, named, empty = arguments(message)
    seed!(message)
    started = time_ns()
    STATE.running = true
    returned = try
        call_model(positional, named, empty)
    finally
        STATE.running = false
    end
    seconds = (time_ns() - started) / 1e9
    expected = get(message, "expected", nothing)
    outputs = collect_outputs(returned, expected === nothing ? Dict{String,Any}() : expected, message["scratch"])
    answer["kind"] = "result"
    answer["outputs"] = outputs
    answer["warnings"] = STATE.warnings
    answer["seconds"] = seconds
end

# ---- failures: the model's own file and line ------------------------------------------------------------

function failed!(answer, @nospecialize(error), backtrace, loads::Bool)
    for key in ("seconds", "environment", "outputs", "warnings")
        delete!(answer, key)
    end
    answer["kind"] = "failed"
    inner = error
    place = ""
    while inner isa LoadError
        place = string(relative(inner.file), ", line ", inner.line)
        inner = inner.error
    end
    own = own_frames(backtrace)
    isempty(own) || isa(error, LoadError) && !isempty(place) || (place = string(relative(own[1].file), ", line ", own[1].line))
    message = try
        strip(sprint(showerror, inner), [':', ' ', '\n'])
    catch
        string(typeof(inner))
    end
    length(message) > 4000 && (message = string(first(message, 4000), " …"))
    answer["type"] = inner isa ErrorException ? "" : string(typeof(inner).name.name)
    answer["reason"] = inner isa BadInput || inner isa BadTable && !STATE.running ? (loads ? "load-error" : "bad-input") :
                       inner isa BadOutput ? "bad-output" : inner isa InterruptException ? "interrupted" :
                       loads ? "load-error" : "model-error"
    plain = inner isa Union{BadInput,BadOutput,BadTable,InterruptException}
    answer["message"] = plain || isempty(place) ? message : string(message, " (", place, ")")
    answer["trace"] = plain ? "" : trace_text(inner, message, place, own)
    return answer
end

function own_frames(backtrace)
    short = length(backtrace) > 600 ? vcat(backtrace[1:300], backtrace[end-299:end]) : backtrace
    frames = try
        stacktrace(short)
    catch
        return StackTraces.StackFrame[]
    end
    return [f for f in frames if !isempty(STATE.folder) && startswith(string(f.file), STATE.folder * "/")]
end

relative(file) = (name = string(file); prefix = STATE.folder * "/";
                  startswith(name, prefix) ? name[nextind(name, lastindex(prefix)):end] : name)

function trace_text(@nospecialize(error), message, place, own)
    lines = [startswith(message, string(typeof(error).name.name)) ? message : string(typeof(error).name.name, ": ", message)]
    shown = length(own) > 40 ? vcat(own[1:20], own[end-19:end]) : own
    for frame in shown
        push!(lines, string("  at ", relative(frame.file), ":", frame.line, "  ", frame.func))
    end
    isempty(own) && !isempty(place) && push!(lines, "  at " * place)
    return join(lines, '\n')
end

include("warmup.jl")

end
