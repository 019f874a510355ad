"""Manifests, model versions, aliases, environments, checks."""
