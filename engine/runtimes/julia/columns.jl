# Column folders ⇄ NamedTuples of column vectors (COLUMNS.md). Numbers are mapped, not read: a private mapping,
# so that a model may change its argument without touching the file.

const DAY_ZERO = 719163               # Dates.value(Date(1970, 1, 1))
const MILLISECOND_ZERO = 62135683200000  # Dates.value(DateTime(1970, 1, 1))

struct BadTable <: Exception
    message::String
end
Base.showerror(io::IO, e::BadTable) = print(io, e.message)

function map_file(::Type{T}, path::String, n::Int) where {T}
    n == 0 && return T[]
    bytes = n * sizeof(T)
    io = open(path, "r")
    try
        filesize(io) >= bytes || throw(BadTable("The file $path is shorter than its table says."))
        # PROT_READ | PROT_WRITE, MAP_PRIVATE: Mmap.mmap would refuse to make a read-only file writable in memory
        address = ccall(:mmap, Ptr{Cvoid}, (Ptr{Cvoid}, Csize_t, Cint, Cint, Cint, Int64),
                        C_NULL, bytes, 3, 2, fd(io), 0)
        address == Ptr{Cvoid}(-1) && throw(BadTable("The file $path cannot be mapped."))
        values = unsafe_wrap(Array, convert(Ptr{T}, address), n)
        owner = VERSION >= v"1.11-" ? getfield(getfield(values, :ref), :mem) : values
        finalizer(_ -> ccall(:munmap, Cint, (Ptr{Cvoid}, Csize_t), address, bytes), owner)
        STATE.mapped += bytes
        return values
    finally
        close(io)
    end
end

function read_table(folder::String, notes::Vector{String})
    lines = split(read(joinpath(folder, "header"), String), '\n')
    rows = parse(Int, split(lines[2], '\t')[2])
    names = Symbol[]
    columns = Any[]
    for line in lines[3:end]
        parts = split(line, '\t')
        parts[1] == "column" || continue
        name = json_read(String(parts[5]))::String
        stem = joinpath(folder, String(parts[2]))
        extra = length(parts) > 5 ? String(parts[6]) : ""
        push!(names, Symbol(name))
        push!(columns, read_column(stem, String(parts[3]), parts[4] == "1", rows, extra, name, notes))
    end
    length(unique(names)) == length(names) ||
        throw(BadTable("Two columns of the table have the same name; Julia's tables need different names."))
    return NamedTuple{Tuple(names)}(Tuple(columns))
end

function read_column(stem::String, kind::String, nulls::Bool, rows::Int, extra::String, name::String, notes)
    (kind == "text" || kind == "category") && return read_text(stem, rows)
    path = stem * ".data"
    valid = nulls && rows > 0 ? read(stem * ".valid") : nothing
    kind == "float64" && return with_missing(map_file(Float64, path, rows), valid)
    kind == "int64" && return with_missing(map_file(Int64, path, rows), valid)
    kind == "int32" && return with_missing(map_file(Int32, path, rows), valid)
    kind == "bool" && return with_missing(map_file(Bool, path, rows), valid)
    kind == "date" && return with_missing(to_dates(map_file(Int32, path, rows)), valid)
    kind == "datetime" || throw(BadTable("The column $name has the unknown type $kind."))
    isempty(extra) || (STATE.zoned = true)
    stamps = map_file(Int64, path, rows)
    any(s -> s % 1000 != 0, stamps) && push!(notes,
        "The column “$(name)” holds times finer than a millisecond; Julia's DateTime has milliseconds, the rest was cut.")
    return with_missing(to_datetimes(stamps), valid)
end

to_dates(days::Vector{Int32}) = Date[Date(Dates.UTD(DAY_ZERO + d)) for d in days]
to_datetimes(stamps::Vector{Int64}) =
    DateTime[DateTime(Dates.UTM(MILLISECOND_ZERO + fld(s, 1000))) for s in stamps]

with_missing(values::Vector, ::Nothing) = values
function with_missing(values::Vector{T}, valid::Vector{UInt8}) where {T}
    found = Vector{Union{Missing,T}}(undef, length(values))
    @inbounds for i in eachindex(values)
        present = (valid[((i - 1) >> 3) + 1] >> ((i - 1) & 7)) & 0x01 == 0x01
        found[i] = present ? values[i] : missing
    end
    return found
end

function read_text(stem::String, rows::Int)
    codes = map_file(Int32, stem * ".codes", rows)
    offsets = read!(stem * ".offsets", Vector{Int64}(undef, filesize(stem * ".offsets") >> 3))
    bytes = read(stem * ".levels")
    levels = Vector{String}(undef, max(length(offsets) - 1, 0))
    GC.@preserve bytes for i in eachindex(levels)
        levels[i] = unsafe_string(pointer(bytes) + offsets[i], offsets[i+1] - offsets[i])
    end
    return any(c -> c < 0, codes) ? spread_missing(codes, levels) : spread(codes, levels)
end

function spread(codes::Vector{Int32}, levels::Vector{String})
    found = Vector{String}(undef, length(codes))
    for i in eachindex(codes)
        @inbounds found[i] = levels[codes[i]+1]
    end
    return found
end

function spread_missing(codes::Vector{Int32}, levels::Vector{String})
    found = Vector{Union{Missing,String}}(undef, length(codes))
    for i in eachindex(codes)
        @inbounds found[i] = codes[i] < 0 ? missing : levels[codes[i]+1]
    end
    return found
end

# ---- back ----------------------------------------------------------------------------------------------

function write_table(folder::String, names::Vector{String}, columns::Vector{Any}, output::String)
    mkpath(folder)
    rows = isempty(columns) ? 0 : length(columns[1])
    head = IOBuffer()
    print(head, "quarterdeck-columns\t1\nrows\t", rows, '\n')
    for (n, column) in enumerate(columns)
        length(column) == rows || throw(BadTable(
            "The columns of “$(output)” have different lengths: “$(names[1])” has $rows, “$(names[n])” has $(length(column))."))
        kind, nulls, extra = write_column(joinpath(folder, string(n - 1)), plain(column))
        print(head, "column\t", n - 1, '\t', kind, '\t', nulls ? 1 : 0, '\t', json_write(names[n]))
        isempty(extra) || print(head, '\t', extra)
        print(head, '\n')
    end
    write(joinpath(folder, "header"), take!(head))
    return folder
end

# A vector whose element type is one that write_column knows (or Union of it with Missing).
function plain(@nospecialize(column))
    Nothing <: eltype(column) && (column = Any[x === nothing ? missing : x for x in column])
    isconcretetype(nonmissing(eltype(column))) || (column = [x for x in column])
    kind = nonmissing(eltype(column))
    kind === Union{} && return convert(Vector{Union{Missing,Float64}}, column)
    column isa Vector && kind in (Float64, Int64, Int32, Bool, Date, DateTime, String) && return column
    target = target_type(kind, column)
    return Missing <: eltype(column) ? Union{Missing,target}[x === missing ? missing : as_type(target, x) for x in column] :
           target[as_type(target, x) for x in column]
end

nonmissing(T::Type) = Base.nonmissingtype(T)

function target_type(kind::Type, @nospecialize(column))
    kind <: Bool && return Bool
    kind <: Union{Int8,Int16,Int32,UInt8,UInt16} && return Int32
    if kind <: Integer
        return all(x -> x === missing || typemin(Int64) <= x <= typemax(Int64), column) ? Int64 : String
    end
    kind <: Real && return Float64
    kind in (Date, DateTime) && return kind
    return String
end

as_type(::Type{T}, x) where {T} = convert(T, x)
as_type(::Type{String}, x) = x isa AbstractString ? String(x) : string(x)

function write_column(stem::String, column::Vector)
    kind = nonmissing(eltype(column))
    kind === String && return write_text(stem, column)
    kind === Date && return ("date", write_values(stem, column, Int32, x -> Int32(Dates.value(x) - DAY_ZERO)), "")
    kind === DateTime && return ("datetime", write_values(stem, column, Int64, x -> (Dates.value(x) - MILLISECOND_ZERO) * 1000),
                                 STATE.zoned ? "UTC" : "")
    word = kind === Float64 ? "float64" : kind === Int64 ? "int64" : kind === Int32 ? "int32" : "bool"
    return (word, write_values(stem, column, kind === Bool ? UInt8 : kind, identity), "")
end

function write_values(stem::String, column::Vector{T}, ::Type{S}, change::F) where {T,S,F}
    any_missing = Missing <: T && any(ismissing, column)
    if S === T || (T === Bool && S === UInt8)
        open(io -> write(io, column), stem * ".data", "w")
    else
        stored = changed(column, S, change)
        open(io -> write(io, stored), stem * ".data", "w")
    end
    any_missing && write(stem * ".valid", bitmap(column))
    return any_missing
end

# A loop of its own, so that the compiler knows the type of each vector.
function changed(column::Vector{T}, ::Type{S}, change::F) where {T,S,F}
    stored = Vector{S}(undef, length(column))
    @inbounds for i in eachindex(column)
        x = column[i]
        stored[i] = x === missing ? zero(S) : S(change(x))
    end
    return stored
end

function bitmap(column::Vector)
    bits = zeros(UInt8, (length(column) + 7) >> 3)
    for i in eachindex(column)
        column[i] === missing || (bits[((i - 1) >> 3) + 1] |= 0x01 << ((i - 1) & 7))
    end
    return bits
end

# Equal texts are usually the same object (they came from one list of levels), so a small table by address
# answers most rows; where most values differ, looking for equal ones is given up.
function write_text(stem::String, column::Vector)
    n = length(column)
    codes = Vector{Int32}(undef, n)
    index = Dict{String,Int32}()
    levels = String[]
    seen = zeros(UInt, 8192)
    code_of = zeros(Int32, 8192)
    share = true
    for i in 1:n
        x = column[i]
        if x === missing
            codes[i] = -1
            continue
        end
        address = UInt(pointer(x))
        slot = Int(((address >> 3) * 0x9e3779b97f4a7c15) >> 51) + 1
        if seen[slot] == address
            codes[i] = code_of[slot]
            continue
        end
        code = share ? get(index, x, Int32(-1)) : Int32(-1)
        if code < 0
            push!(levels, x)
            code = Int32(length(levels) - 1)
            share && (index[x] = code)
            i == 20000 && length(levels) > 15000 && (share = false)
        end
        seen[slot] = address
        code_of[slot] = code
        codes[i] = code
    end
    open(io -> write(io, codes), stem * ".codes", "w")
    write_levels(stem, levels)
    return ("text", false, "")
end

function write_levels(stem::String, levels::Vector{String})
    offsets = zeros(Int64, length(levels) + 1)
    for i in eachindex(levels)
        isvalid(levels[i]) || (levels[i] = map(c -> isvalid(c) ? c : '\ufffd', levels[i]))
        offsets[i+1] = offsets[i] + sizeof(levels[i])
    end
    bytes = Vector{UInt8}(undef, offsets[end])
    GC.@preserve bytes levels for i in eachindex(levels)
        unsafe_copyto!(pointer(bytes) + offsets[i], pointer(levels[i]), sizeof(levels[i]))
    end
    open(io -> write(io, offsets), stem * ".offsets", "w")
    open(io -> write(io, bytes), stem * ".levels", "w")
end
