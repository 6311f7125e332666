"""One estimate of a sample from those of its parts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from estimators.aggregation import aggregate_confident
from estimators.base import Array, Estimate
from estimators.points import Indices
from estimators.score.parts import parts_of

Values = Sequence[NDArray[Any]]


def estimate_parts(
    points: Array, queries: int, aggregation: str, estimate: Callable[[Array, int], Estimate]
) -> Estimate:
    """Return the estimate of points (n, D), each part of which has one of its own.

    ``estimate`` takes the points of a part, and how many of them to read: in proportion to its
    size, and one at least. Where all parts are too small, the sample is read without confidence.
    """
    parts = parts_of(points)
    for message in parts.warnings():
        warnings.warn(message, stacklevel=4)
    if not parts.learned:
        return without_confidence(estimate(points, queries), np.array(True), aggregation)
    if len(parts.learned[0]) == len(points):
        return estimate(points, queries)
    total = sum(map(len, parts.learned))
    estimates = [
        estimate(points[rows], max(1, round(queries * len(rows) / total))) for rows in parts.learned
    ]
    return join_estimates(parts.learned, estimates, aggregation)


def join_estimates(
    parts: Sequence[Indices], estimates: Sequence[Estimate], aggregation: str
) -> Estimate:
    """Return the estimate of a sample from those of some of its rows, ``parts``.

    ``details`` are those of the points read at all of them, in the order of their rows, with
    "part_pw" (m,), the number of each one's part. Noise levels "sigmas" are means over the points;
    "trusted" are those of all parts; of the trainings, losses follow each other and costs add up.
    """
    query = np.concatenate([rows[own.query] for rows, own in zip(parts, estimates, strict=True)])
    order = np.argsort(query)
    counts = [len(own.details["confidence"]) for own in estimates]
    details = {
        name: _join(name, [np.asarray(own.details[name]) for own in estimates], counts, order)
        for name in estimates[0].details
    }
    details["part_pw"] = np.repeat(np.arange(len(parts)), counts)[order]
    details["chosen_sigma"] = np.array(np.median(details["chosen_sigma_pw"]))
    pointwise = _rows([np.asarray(own.pointwise) for own in estimates], order)
    dimension = aggregate_confident(pointwise, details["confidence"], aggregation)
    return Estimate(dimension, pointwise, query[order], details)


def without_confidence(estimate: Estimate, unseen: NDArray[np.bool_], aggregation: str) -> Estimate:
    """Return an estimate with no confidence where ``unseen``, (m,) or (), at the points read."""
    if not unseen.any():
        return estimate
    confidence = np.where(unseen, 0.0, estimate.details["confidence"])
    pointwise = np.asarray(estimate.pointwise)
    dimension = aggregate_confident(pointwise, confidence, aggregation)
    details = {**estimate.details, "confidence": confidence}
    return Estimate(dimension, pointwise, estimate.query, details)


def _rows(values: Values, order: Indices) -> NDArray[Any]:
    joined: NDArray[Any] = np.concatenate(values)[order]
    return joined


_JOINED: Mapping[str, Callable[[Values], NDArray[Any]]] = {
    "loss": np.concatenate,
    "held_out_loss": np.concatenate,
    "trusted": lambda values: np.all(values, axis=0),
    "cached": lambda values: np.all(values, axis=0),
    **dict.fromkeys(
        ("steps", "train_seconds", "train_flops", "saved_seconds"),
        lambda values: np.sum(values, axis=0),
    ),
}


def _join(name: str, values: Values, counts: Sequence[int], order: Indices) -> NDArray[Any]:
    if name in _JOINED:
        return _JOINED[name](values)
    if name == "dimension_by_sigma":
        return _rows([own.T for own in values], order).T
    if name in ("confidence", "singular_values") or name.endswith("_pw"):
        return _rows(values, order)
    return np.asarray(np.average(np.array(values), axis=0, weights=counts))
