"""Signing in by a real OpenID Connect provider, started by the tests."""
