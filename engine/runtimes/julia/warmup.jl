# Goes once through the paths of a call before the model is known, so that its first call finds them compiled.

warm_model(t, a = 1.0; n = 1) = (t = t, total = a + n)

function warm_up()
    folder = mktempdir()
    STATE.model = warm_model
    try
        table = joinpath(folder, "t")
        write_table(table, ["a", "b", "c", "d", "e", "f"],
                    Any[[1.0, 2.0], [1, 2], ["x", "y"], [Date(2026), Date(2026)],
                        [DateTime(2026), DateTime(2026)], [true, false]], "warm")
        handle_message(json_read("""{"kind":"call","id":"0",
            "values":{"a":{"type":"number","value":1.5},"n":{"type":"integer","value":2}},
            "tables":{"t":$(json_write(table))},"files":{},
            "expected":{"t":{"kind":"table"},"total":{"kind":"metric"}},
            "scratch":$(json_write(folder)),"seed":1}"""))
    finally
        rm(folder, recursive = true, force = true)
        STATE.model = nothing
        STATE.plans = Dict{String,Any}()
        STATE.warnings = String[]
    end
    return nothing
end

# Loads a model of one line: in a spare worker, so that loading the real one finds that path compiled as well.
function warm_load()
    folder = realpath(mktempdir())
    try
        write(joinpath(folder, "warm.jl"), "warm(a) = a\n")
        handle_message(json_read("""{"kind":"load","id":"0","folder":$(json_write(folder)),
            "entry":"warm.jl:warm","seed":null}"""))
    finally
        filter!(path -> path != folder, LOAD_PATH)
        rm(folder, recursive = true, force = true)
        STATE.model = nothing
    end
    return nothing
end

# While this module is being precompiled, a run through it leaves the inferred (Julia ≥ 1.9: compiled) code in
# the cache, which makes a worker start in a fraction of the time.
if ccall(:jl_generating_output, Cint, ()) == 1
    warm_up()
    precompile(failed!, (Dict{String,Any}, ErrorException, Vector{Union{Ptr{Nothing},Base.InterpreterIP}}, Bool))
    precompile(make_figure, (String, String, String))
    precompile(figure_format, (Any,))
    precompile(load!, (Dict{String,Any}, Dict{String,Any}))
end
