"""The folder with the files of data sets that are too large to come with the package."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

#: Environment variable that names it.
VARIABLE = "BENCH_DATA"


def data_root() -> Path:
    """The folder: what $BENCH_DATA says, or one in the user's cache."""
    said = os.environ.get(VARIABLE, "")
    return (
        Path(said) if said else platformdirs.user_cache_path("intrinsic-dimension-bench") / "data"
    )


def use_data_root(folder: Path) -> None:
    """Look for data sets in a folder from now on, in processes started from here as well.

    Raises ValueError where there is no such folder.
    """
    if not folder.is_dir():
        raise ValueError(f"the data root {folder} is not a folder")
    os.environ[VARIABLE] = str(folder.resolve())
