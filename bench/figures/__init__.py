"""Figures of a run's records."""
