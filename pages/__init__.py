"""One file per page, thin: read state, call the engine, draw with app/components."""
