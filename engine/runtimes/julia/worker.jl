# The plain bridge: any julia ≥ 1.5, standard library only, itself connected to the pool's socket (PROTOCOL.md).
#
# Calls run in the main task. A reader task hears `interrupt` whenever the model yields (sleeps, prints, waits);
# a tight loop hears nothing, and the pool ends the process.

delete!(ENV, "LD_LIBRARY_PATH")  # a private prefix's; programs that the model starts must not see it
# in the sandbox the persistent depot can be read but not written
(isempty(DEPOT_PATH) || ccall(:access, Cint, (Cstring, Cint), DEPOT_PATH[1], 2) != 0) && pushfirst!(DEPOT_PATH, mktempdir())
push!(LOAD_PATH, @__DIR__)
try
    @eval using QuarterdeckRuntime
catch  # no cache, and none can be written: read the source itself
    include("QuarterdeckRuntime.jl")
end
filter!(path -> path != @__DIR__, LOAD_PATH)

module QuarterdeckWorker

using Sockets
using ..Main.QuarterdeckRuntime

const INBOX = Channel{Any}(16)
const WARM_AFTER = 0.05  # seconds without a request, then the time is used to compile

function send(socket, text::String)
    bytes = Vector{UInt8}(undef, 4 + sizeof(text))
    for i in 1:4
        bytes[i] = (sizeof(text) >> (32 - 8i)) % UInt8
    end
    copyto!(bytes, 5, codeunits(text), 1, sizeof(text))
    write(socket, bytes)
end

function read_frames(socket, main::Task)
    while true
        size = try
            ntoh(read(socket, UInt32))
        catch
            ccall(:_exit, Cvoid, (Cint,), 0)  # the pool is gone: nobody waits for this call
        end
        message = QuarterdeckRuntime.json_read(read(socket, size))
        if message["kind"] == "interrupt"
            QuarterdeckRuntime.STATE.running && schedule(main, InterruptException(), error = true)
        elseif message["kind"] == "unload"
            ccall(:_exit, Cvoid, (Cint,), 0)
        else
            put!(INBOX, message)
        end
    end
end

function serve()
    ccall(:jl_exit_on_sigint, Cvoid, (Cint,), 0)
    socket = connect(ENV["QUARTERDECK_SOCKET"])
    token = pop!(ENV, "QUARTERDECK_TOKEN", "")
    send(socket, QuarterdeckRuntime.json_write(Dict{String,Any}(
        "kind" => "hello", "token" => token, "language" => "julia", "version" => string(VERSION),
        "bridge" => "plain", "pid" => Int(getpid()))))
    main = current_task()
    @async read_frames(socket, main)
    timedwait(() -> isready(INBOX), WARM_AFTER; pollint = 0.01)
    isready(INBOX) || QuarterdeckRuntime.warm_up()
    isready(INBOX) || QuarterdeckRuntime.warm_load()
    while true
        message = try
            take!(INBOX)
        catch error
            error isa InterruptException || rethrow()  # one that came too late
            continue
        end
        send(socket, QuarterdeckRuntime.handle_message(message))
        QuarterdeckRuntime.tidy()
    end
end

end

QuarterdeckWorker.serve()
