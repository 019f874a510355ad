# JSON, as much as the protocol needs: Julia's standard library has none.
# Objects become Dict{String,Any}, numbers Int64, BigInt or Float64.

mutable struct JsonReader
    bytes::Vector{UInt8}
    at::Int
end

json_read(text::String) = json_read(Vector{UInt8}(codeunits(text)))

function json_read(bytes::Vector{UInt8})
    reader = JsonReader(bytes, 1)
    value = json_value(reader)
    skip_space(reader)
    reader.at > length(bytes) || error("JSON: unexpected text after the value at byte $(reader.at)")
    return value
end

function skip_space(r::JsonReader)
    while r.at <= length(r.bytes) && r.bytes[r.at] <= 0x20
        r.at += 1
    end
end

json_peek(r::JsonReader) = r.at <= length(r.bytes) ? r.bytes[r.at] : 0x00

function json_value(r::JsonReader)
    skip_space(r)
    c = json_peek(r)
    c == UInt8('"') && return json_string(r)
    c == UInt8('{') && return json_object(r)
    c == UInt8('[') && return json_array(r)
    c == UInt8('t') && return json_word(r, 4, true)
    c == UInt8('f') && return json_word(r, 5, false)
    c == UInt8('n') && return json_word(r, 4, nothing)
    return json_number(r)
end

function json_word(r::JsonReader, size::Int, value)
    r.at += size
    return value
end

function json_object(r::JsonReader)
    found = Dict{String,Any}()
    r.at += 1
    skip_space(r)
    if json_peek(r) == UInt8('}')
        r.at += 1
        return found
    end
    while true
        skip_space(r)
        key = json_string(r)
        skip_space(r)
        json_peek(r) == UInt8(':') || error("JSON: a colon is missing at byte $(r.at)")
        r.at += 1
        found[key] = json_value(r)
        skip_space(r)
        c = json_peek(r)
        r.at += 1
        c == UInt8('}') && return found
        c == UInt8(',') || error("JSON: a comma is missing at byte $(r.at)")
    end
end

function json_array(r::JsonReader)
    found = Any[]
    r.at += 1
    skip_space(r)
    if json_peek(r) == UInt8(']')
        r.at += 1
        return found
    end
    while true
        push!(found, json_value(r))
        skip_space(r)
        c = json_peek(r)
        r.at += 1
        c == UInt8(']') && return found
        c == UInt8(',') || error("JSON: a comma is missing at byte $(r.at)")
    end
end

function json_string(r::JsonReader)
    json_peek(r) == UInt8('"') || error("JSON: a text was expected at byte $(r.at)")
    start = r.at + 1
    stop = start
    while r.bytes[stop] != UInt8('"')
        r.bytes[stop] == UInt8('\\') && return json_escaped(r, start)
        stop += 1
    end
    r.at = stop + 1
    return String(r.bytes[start:stop-1])
end

function json_escaped(r::JsonReader, start::Int)
    out = IOBuffer()
    at = start
    while true
        c = r.bytes[at]
        at += 1
        if c == UInt8('"')
            break
        elseif c != UInt8('\\')
            write(out, c)
        else
            e = r.bytes[at]
            at += 1
            if e == UInt8('u')
                code, at = json_code(r, at)
                print(out, Char(code))
            else
                write(out, e == UInt8('n') ? 0x0a : e == UInt8('t') ? 0x09 : e == UInt8('r') ? 0x0d :
                           e == UInt8('b') ? 0x08 : e == UInt8('f') ? 0x0c : e)
            end
        end
    end
    r.at = at
    return String(take!(out))
end

function json_code(r::JsonReader, at::Int)
    code = parse(UInt32, String(r.bytes[at:at+3]), base = 16)
    at += 4
    if 0xd800 <= code < 0xdc00 && at + 5 <= length(r.bytes) && r.bytes[at] == UInt8('\\')
        low = parse(UInt32, String(r.bytes[at+2:at+5]), base = 16)
        return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00), at + 6
    end
    return (0xd800 <= code < 0xe000 ? UInt32(0xfffd) : code), at
end

function json_number(r::JsonReader)
    start = r.at
    whole = true
    while r.at <= length(r.bytes)
        c = r.bytes[r.at]
        if c == UInt8('.') || c == UInt8('e') || c == UInt8('E')
            whole = false
        elseif !(UInt8('0') <= c <= UInt8('9') || c == UInt8('-') || c == UInt8('+'))
            break
        end
        r.at += 1
    end
    r.at > start || error("JSON: a value was expected at byte $start")
    text = String(r.bytes[start:r.at-1])
    whole || return parse(Float64, text)
    number = tryparse(Int64, text)
    return number === nothing ? parse(BigInt, text) : number
end

json_write(value) = (io = IOBuffer(); json_print(io, value); String(take!(io)))

json_print(io::IO, ::Nothing) = print(io, "null")
json_print(io::IO, value::Bool) = print(io, value ? "true" : "false")
json_print(io::IO, value::Integer) = print(io, value)
function json_print(io::IO, value::Float64)
    isfinite(value) ? print(io, value) :
    print(io, isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"")
end

function json_print(io::IO, value::AbstractString)
    write(io, UInt8('"'))
    for c in value
        if c == '"' || c == '\\'
            write(io, UInt8('\\'))
            print(io, c)
        elseif c < ' '
            print(io, "\\u", lpad(string(UInt32(c), base = 16), 4, '0'))
        elseif isvalid(c)
            print(io, c)
        else
            print(io, '\ufffd')
        end
    end
    write(io, UInt8('"'))
end

function json_print(io::IO, value::AbstractVector)
    write(io, UInt8('['))
    for (n, item) in enumerate(value)
        n > 1 && write(io, UInt8(','))
        json_print(io, item)
    end
    write(io, UInt8(']'))
end

function json_print(io::IO, value::Dict{String,Any})
    write(io, UInt8('{'))
    first = true
    for (key, item) in value
        first || write(io, UInt8(','))
        first = false
        json_print(io, key)
        write(io, UInt8(':'))
        json_print(io, item)
    end
    write(io, UInt8('}'))
end
