"""Arrays that were kept beside a record."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def kept_arrays(store_folder: Path, name: str) -> dict[str, NDArray[Any]]:
    """The arrays at a record's path ``name`` below its store.

    Raises ValueError where they are missing or broken.
    """
    try:
        with np.load(store_folder / name, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(str(error)) from error
