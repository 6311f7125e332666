"""Checks that a sample can be drawn again: from its seed alone, here and in another process."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.testing.another_process import drawn_in_another_process
from bench.testing.checks import require
from bench.testing.manifold_interface import N
from bench.testing.process_state import globally_seeded, unchanged


def check_same_seed_same_points(manifold: Any) -> None:
    """A seed gives the same bytes again, whatever was drawn before and whatever global states."""
    with globally_seeded(1):
        first = manifold.sample(N, 5)
        manifold.sample(N, 6)
        again = manifold.sample(N, 5)
    with globally_seeded(2):
        elsewhere = manifold.sample(N, 5)
    wanted = _bytes(first.points, first.dimension)
    for what, sample in (
        ("drawn again", again),
        ("with another global random state", elsewhere),
    ):
        require(
            _bytes(sample.points, sample.dimension) == wanted,
            f"{what}, a sample of the same seed is another one",
            "the same bytes",
        )


def check_same_points_in_another_process(manifold: Any) -> None:
    """A seed gives the same bytes in another process, in which strings have other hashes."""
    here = manifold.sample(N, 5)
    require(
        _bytes(*drawn_in_another_process(manifold, N, 5)) == _bytes(here.points, here.dimension),
        "in another process, a sample of the same seed is another one",
        "the same bytes",
    )


def check_other_seed_other_points(manifold: Any) -> None:
    """Another seed gives other points; of what is continuous, not one in common."""
    first, other = manifold.sample(N, 5), manifold.sample(N, 6)
    shared = int((first.points[:, None] == other.points[None]).all(axis=2).any(axis=1).sum())
    # A sample of a finite set may have some of the same.
    allowed = 0 if first.dimension is not None else N - 1
    require(
        shared <= allowed,
        f"samples of two seeds have {shared} of {N} points in common",
        f"at most {allowed}",
    )


def check_process_state(manifold: Any) -> None:
    """sample leaves global random states, numpy's error handling and warning filters alone."""
    # What is imported by a first sample may set its own.
    manifold.sample(N, 0)
    with unchanged("sample"):
        manifold.sample(N, 0)


def _bytes(points: Any, dimension: Any) -> tuple[bytes, bytes]:
    """What has to be the same."""
    return (
        np.asarray(points).tobytes(),
        b"" if dimension is None else np.asarray(dimension).tobytes(),
    )
