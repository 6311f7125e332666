"""Images of known dimension: of objects at fixed places, and of moving ones."""

from manifolds.images import fixed, moving

__all__ = ["fixed", "moving"]
