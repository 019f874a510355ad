"""Everything the product does; importable and testable without a browser."""
