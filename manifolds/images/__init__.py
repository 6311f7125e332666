"""Images of known dimension: of things at fixed places, and of things that move."""

from manifolds.images import fixed, moving

__all__ = ["fixed", "moving"]
