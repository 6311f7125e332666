"""Arrays beside a record: validation as they arrive, and loading from a store."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manifolds.datasets.errors import check_arrays, file_errors, library_errors

#: Arrays of one record at most, their bytes together, and characters of a name.
MAX_ARRAYS, MAX_BYTES, MAX_NAME = 100, 2**28, 100
#: Kinds of numpy's that a cell may send: booleans, numbers, texts.
KINDS = "biufU"
#: Names of parameters of the function that writes them.
_RESERVED = {"file", "allow_pickle"}
# Those of older stores too: complex numbers, bytes, times.
_STORED_KINDS = KINDS + "cSmM"

Arrays = dict[str, NDArray[Any]]


def load_arrays(store_folder: Path, name: str) -> Arrays:
    """Return the arrays at a record's path ``name`` below its store.

    Raises ValueError where they are missing, broken or not valid.
    """
    path = store_folder / name
    with file_errors(path, "allowed: arrays as a run writes them"):
        if not path.resolve().is_relative_to(store_folder.resolve()):
            raise ValueError("it is outside of the folder of the results")
        check_arrays(path)
        with library_errors("numpy"), np.load(path, allow_pickle=False) as arrays:
            loaded = dict(arrays)
        return validate_arrays(loaded, stored=True)


def validate_arrays(
    arrays: Mapping[str, Any], n: int | None = None, *, stored: bool = False
) -> Arrays:
    """Return arrays of a sample of ``n`` points as they are stored, without classes of their own.

    Of those that figures and tables read, ``dimension`` has a number for each of m points,
    ``truth`` and ``query`` (rows of the sample) as well, ``singular_values`` (m, D) are at least 0,
    ``chosen_sigma`` is a number above 0, and ``confidence`` is of numbers. Others are of ``KINDS``.
    Raises ValueError for any others, for more than ``MAX_ARRAYS``, and for more than ``MAX_BYTES``.
    Those that are ``stored`` may be larger, complex numbers, bytes and times, as in older stores.
    """
    if len(arrays) > MAX_ARRAYS:
        raise ValueError(f"there are {len(arrays)} arrays; at most {MAX_ARRAYS} are stored")
    kinds = _STORED_KINDS if stored else KINDS
    plain = {name: _plain(name, array, kinds) for name, array in arrays.items()}
    size = sum(array.nbytes for array in plain.values())
    if size > MAX_BYTES and not stored:
        raise ValueError(f"the arrays take {size} bytes together; at most {MAX_BYTES} are stored")
    points = len(_numbers(plain, "dimension", 1)) if "dimension" in plain else None
    for name in {"truth", "query"} & plain.keys():
        _check_length(name, _numbers(plain, name, 1), points)
    if points is not None and n is not None and points > n:
        raise ValueError(f"'dimension' has {points} numbers, of a sample of {n} points")
    if "query" in plain and plain["query"].size:
        query = plain["query"]
        if query.dtype.kind not in "ui" or query.min() < 0 or query.max() >= (n or math.inf):
            raise ValueError("'query' must be integers, each a row of the sample")
    if "singular_values" in plain:
        values = _numbers(plain, "singular_values", 2)
        _check_length("singular_values", values, points)
        if not values.size or not (np.isfinite(values) & (values >= 0)).all():
            raise ValueError("'singular_values' must be finite numbers of at least 0, and some")
    if "chosen_sigma" in plain:
        sigma = plain["chosen_sigma"]
        if sigma.size != 1 or sigma.dtype.kind not in "uif" or not 0 < sigma.item() < math.inf:
            raise ValueError("'chosen_sigma' must be one finite number above 0")
    if "confidence" in plain:
        _numbers(plain, "confidence", None)
    return plain


def is_name(name: Any) -> bool:
    """Return whether an array may have a name: it becomes a keyword of numpy.savez."""
    return isinstance(name, str) and name.isidentifier() and name not in _RESERVED


def _plain(name: Any, array: Any, kinds: str) -> NDArray[Any]:
    """Return an array without a class or metadata of its own; ValueError where it is not valid."""
    if not is_name(name):
        raise ValueError(f"{name!r} is not a valid name for an array")
    if len(name) > MAX_NAME:
        raise ValueError(
            f"{name[:20]!r}... is not a valid name for an array: over {MAX_NAME} letters"
        )
    if not isinstance(array, np.ndarray) or array.dtype.kind not in kinds:
        kind = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise ValueError(f"{name!r} holds {kind}; allowed: booleans, numbers and texts")
    return np.asarray(array).view(np.dtype(array.dtype.str))


def _numbers(arrays: Arrays, name: str, dimensions: int | None) -> NDArray[Any]:
    array = arrays[name]
    if array.dtype.kind not in "buif" or dimensions not in (None, array.ndim):
        shape = {1: "(points,)", 2: "(points, D)"}.get(dimensions or 0, "any shape")
        raise ValueError(
            f"{name!r} is {array.dtype} of shape {array.shape}; it must be real numbers of {shape}"
        )
    return array


def _check_length(name: str, array: NDArray[Any], points: int | None) -> None:
    if points is not None and len(array) != points:
        raise ValueError(f"{name!r} is of {len(array)} points, but 'dimension' of {points}")
