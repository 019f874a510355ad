"""Parameter sets as XLSX: written with rules and locked cells, read back, compared with what was exported."""
