"""The registry of manifolds."""

from __future__ import annotations

from manifolds.registry import Entry, Registry

registry = Registry("manifold", "manifolds", "sample", Entry)
register = registry.register
get = registry.get
names = registry.names
entry = registry.entry
