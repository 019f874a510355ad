"""How one call happens: protocol, columns, worker, pool, sandbox, languages."""
