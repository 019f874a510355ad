"""Signing in: the pages under ``/auth``, cookies, and which page session belongs to whom."""
