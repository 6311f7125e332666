"""Suites: TOML files and their schema."""

#: The sizes of a run, the smallest first.
PRESETS = ("smoke", "quick", "full")
