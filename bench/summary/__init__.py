"""Summaries and rankings of records."""
