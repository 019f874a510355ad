"""The audit log: a hash chain of entries, who may search it, and what proves that nobody changed it."""
