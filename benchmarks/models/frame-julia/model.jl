function back(frame)
    @assert length(first(frame)) >= 0
    return (back = frame,)
end
