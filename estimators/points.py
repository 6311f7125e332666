"""Validation of input points, and random subsamples of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from manifolds.base import Array as Array

Indices = NDArray[np.int64]


def check_points(X: ArrayLike, name: str) -> Array:
    """Return ``X`` as a float64 array (n, D) of finite numbers.

    Accepts arrays, lists, data frames, and tensors of torch (with a gradient or on a GPU too).
    Raises ValueError, which names the estimator (``name``), what X is and what to do.
    """
    try:
        array = np.asanyarray(_to_numpy(X))
        if np.iscomplexobj(array) or np.ma.is_masked(array):
            kind = "complex" if np.iscomplexobj(array) else "masked"
            raise TypeError(f"some are {kind}")
        if array.dtype.names:
            raise TypeError(
                "it is a structured array; use numpy.lib.recfunctions.structured_to_unstructured(X)"
            )
        points = np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} needs an array of real numbers (n, D), but X is not: {error}"
        ) from None
    if points.ndim != 2:
        raise ValueError(
            f"{name} needs a two-dimensional array (n, D), but X has shape {points.shape}"
        )
    if points.shape[1] < 1:
        raise ValueError(f"{name} needs points of at least 1 coordinate, but X has none")
    invalid = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if len(invalid):
        column = int(np.flatnonzero(~np.isfinite(points[invalid[0]]))[0])
        label = f" ({X.columns[column]!r})" if hasattr(X, "columns") else ""
        raise ValueError(
            f"{name} needs finite numbers, but {len(invalid)} of {len(points)} rows of X have NaN "
            f"or infinity, the first is row {invalid[0]}, in column {column}{label}"
        )
    if len(points) < 2:
        raise ValueError(f"{name} needs at least 2 points, but X has {len(points)}")
    spread = float(np.ptp(points, axis=0).max())
    # Beyond these, squares and products of squared distances leave the range of floating point.
    if spread > 0 and not 1e-70 < spread < 1e70:
        raise ValueError(
            f"{name} needs points of an ordinary scale, but X spreads over {spread:.1e}; rescale it"
        )
    return np.ascontiguousarray(points)


def _to_numpy(X: Any) -> Any:
    """Return ``X`` as numpy can read it; raise TypeError, with what to do, where it cannot.

    Libraries are recognised by their methods: none is imported for points of another.
    """
    if hasattr(X, "toarray") or "sparse" in str(getattr(X, "layout", "")):
        densify = "X.toarray()" if hasattr(X, "toarray") else "X.to_dense()"
        rows, columns = (*X.shape, 1)[:2]
        raise TypeError(
            f"it is a sparse {type(X).__name__}; make it dense with {densify} "
            f"({8 * rows * columns / 1e9:.2g} GB), or reduce its columns first, such as with "
            "sklearn.decomposition.TruncatedSVD"
        )
    if hasattr(X, "collect") and hasattr(X, "lazy"):
        raise TypeError(f"it is a {type(X).__name__}, which has no rows yet; use X.collect()")
    if hasattr(X, "detach"):
        # Types that numpy lacks, such as bfloat16, have a value in double precision.
        tensor = X.detach().cpu()
        return (tensor if tensor.is_complex() else tensor.double()).numpy()
    if isinstance(X, list | tuple) and X and all(hasattr(row, "detach") for row in X):
        return [_to_numpy(row) for row in X]
    if hasattr(X, "dtypes") and hasattr(X, "columns") and hasattr(X, "select_dtypes"):
        return _frame_values(X)
    if hasattr(X, "__next__"):
        raise TypeError(f"it is a {type(X).__name__}; use numpy.array(list(X))")
    return X


def _frame_values(frame: Any) -> Any:
    """Return the values of a pandas data frame; raise TypeError for columns of no numbers."""
    from pandas.api.types import is_bool_dtype, is_complex_dtype, is_numeric_dtype

    other = [
        name
        for name, kind in zip(frame.columns, frame.dtypes, strict=True)
        if not (is_numeric_dtype(kind) or is_bool_dtype(kind)) or is_complex_dtype(kind)
    ]
    # Numbers as Python objects are numbers.
    for name in [name for name in other if (frame.columns == name).sum() == 1]:
        try:
            frame[name].astype(np.float64)
        except (TypeError, ValueError):
            continue
        if frame[name].dtype == object:
            other.remove(name)
    if other:
        some = ", ".join(map(repr, other[:5])) + (", ..." if len(other) > 5 else "")
        raise TypeError(
            f"{len(other)} of {frame.shape[1]} columns hold no real numbers ({some}); drop or "
            "encode them, such as with X.select_dtypes('number')"
        )
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)


def subsample_rows(n: int, limit: int | None, random_state: int) -> Indices:
    """Return at most ``limit`` row numbers below ``n``, drawn without replacement, ascending."""
    if limit is None or limit >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng(random_state).choice(n, limit, replace=False))


def subsample_points(points: Array, limit: int | None, random_state: int) -> Array:
    """Return at most ``limit`` of the points (n, D), drawn without replacement."""
    rows = subsample_rows(len(points), limit, random_state)
    return points if len(rows) == len(points) else points[rows]
