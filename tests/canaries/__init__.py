"""Planted secrets, and everywhere that they must not be found."""
