"""Metrics and ranking of records."""
