function fail(x)
    y = x + 1
    error("the store number $y is unknown")
end
