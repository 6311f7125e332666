"""Suites: TOML files and their schema."""
