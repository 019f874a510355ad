"""Datasets, ingestion, pages of tables, exports."""
