"""How many calls happen: queue, dispatcher, executors, outputs, provenance."""
