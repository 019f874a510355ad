# What a worker must survive, in Julia; the Python and R folders hold the same operations.
using Dates, Sockets

include("helper.jl")

run_op(op; given...) = getfield(@__MODULE__, Symbol("op_" * op))(; given...)
const run = run_op

bare(a, b, c = 0.0) = a + b + c

function op_value(; v = nothing)
    kind = v === nothing ? "null" : string(typeof(v).name.name)
    found = Dict{String,Any}("kind" => kind, "text" => "")
    if v isa DateTime
        found["number"] = datetime2unix(v)
    elseif v isa Millisecond
        found["number"] = Dates.value(v) / 1000
    elseif v isa Union{Date,AbstractString,Bool}
        found["text"] = string(v)
    elseif v isa AbstractVector
        found["text"] = join((x === missing ? "NA" : string(x) for x in v), "|")
    elseif v isa Integer
        found["text"] = string(v)
        found["number"] = v
    elseif v !== nothing
        found["number"] = v
    end
    return found
end

op_echo(; t) = t
op_shape(; t) = (rows = isempty(t) ? 0 : length(t[1]), columns = length(t))
op_total(; t) = sum(t.x)
op_numbers() = (inf = Inf, minus = -Inf, nan = NaN, big = 2.0^53 + 2)
op_missing() = (
    f = [1.5, missing, Inf], i = [1, missing, 3], b = [true, missing, false], s = ["a", missing, "ж"],
    c = ["lo", missing, "hi"], d = [Date(2026, 11, 22), missing, Date(1969, 12, 31)],
    t = [DateTime(2026, 11, 22, 10), missing, DateTime(1969, 12, 31, 23, 59, 59)])
op_error(; x) = fail(x)
op_warn() = (@warn "be careful with this"; 1.0)
function op_print()
    println("plain words – слово")
    Base.run(`echo from a child`)
    println(stderr, "to the error stream")
    return 1.0
end
function op_progress()
    for step in (0.25, 0.5, 1.0)
        println("::progress $step step $step")
        flush(stdout)
    end
    return 1.0
end

struct Drawing end
Base.show(io::IO, ::MIME"image/svg+xml", ::Drawing) = print(io, "<svg xmlns='http://www.w3.org/2000/svg'/>")
function op_figures()
    write("own.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    return (native = Drawing(), written = "own.svg")
end
function op_png()
    write("own.png", vcat(hex2bytes("89504e470d0a1a0a"), UInt8[1, 2]))
    return (picture = "own.png",)
end
op_file() = (write("report.txt", "saved"); (report = "report.txt",))
op_wrong() = (forecast = 7.5,)
op_nothing() = (other = 7.5,)
op_random() = rand()
op_exit() = exit(7)
function op_memory()
    kept = Any[]
    while true
        push!(kept, rand(2_000_000))
    end
end
function op_loop()
    n = 0
    while true
        n = xor(n, 1)
    end
end
op_sleep() = sleep(600)
function op_flood()
    text = "x"^1_000_000
    while true
        print(text)
    end
end
deeper(n) = deeper(n + 1) + 1
op_recurse() = deeper(0)
op_crash() = ccall(:raise, Cint, (Cint,), 9)
function op_detach(; marker)
    Base.run(pipeline(detach(`sh -c "setsid sh -c 'sleep 987654; : $marker' &"`), stdin = devnull, stdout = devnull, stderr = devnull))
    sleep(600)
end
function op_network()
    close(connect(ip"192.0.2.1", 80))
    return 1.0
end
op_connect(; port) = (close(connect(ip"127.0.0.1", port)); 1.0)
op_read(; path) = (text = read(path, String),)
op_write(; path) = (write(path, "mine"); 1.0)
op_environment() = (text = join(("$k=$v" for (k, v) in ENV), "\n"),)
op_neighbours() = (text = join(readdir(dirname(dirname(dirname(pwd())))), "\n"),)
op_wide() = NamedTuple{Tuple(Symbol("столбец $n") for n in 0:499)}(Tuple([Float64(n)] for n in 0:499))
op_scribble(; t) = (t.x[1] = 9.0; sum(t.x))
function op_leave(; marker)
    Base.run(pipeline(`sh -c "setsid sh -c 'sleep 987654; : $marker' &"`, stdin = devnull, stdout = devnull, stderr = devnull))
    return 1.0
end
