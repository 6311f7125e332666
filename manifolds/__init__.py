"""Manifolds of known dimension, from which the benchmark samples points.

>>> import manifolds
>>> manifolds.get("sphere", dimension=10, ambient=100).sample(1000, seed=0).points.shape
(1000, 100)
"""

from manifolds import catalogue
from manifolds.base import Embedded, Manifold, Parametrised, Sample, isometry
from manifolds.catalogue import entry, get, names, register
from manifolds.registry import Entry

__all__ = [
    "Embedded",
    "Entry",
    "Manifold",
    "Parametrised",
    "Sample",
    "catalogue",
    "entry",
    "get",
    "isometry",
    "names",
    "register",
]
