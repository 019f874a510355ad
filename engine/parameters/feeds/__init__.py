"""Feeds: fields of parameter sets that are filled from data, files, addresses and other models."""
