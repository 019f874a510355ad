"""Fields: typed inputs of a form."""
