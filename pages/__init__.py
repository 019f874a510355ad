"""One file per page: read state, call the engine, draw with app.components."""
