"""Where the results for a file go: a folder that those of no other file are in."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

#: File in a folder of results that says of which points these are.
SOURCE = "source.json"


def default_folder(path: Path, array: str | None, out: Path | None) -> Path:
    """Return ``out``, or a folder below results/ that has no results of another file.

    It is called after the file and array; where results of another file of that name are there,
    after its folder too.
    """
    if out is not None:
        return out
    free = None
    for number, name in enumerate(_names(path, array)):
        folder = Path("results") / f"estimate-{name}"
        owner = _owner(folder, array)
        if owner == _source(path, array):
            return folder
        if owner is None:
            free = free or folder
        if number and free and not folder.exists():
            return free
    raise AssertionError("names do not end")


def mark(folder: Path, path: Path, array: str | None) -> None:
    """Note in a folder of results of which points these are."""
    from bench.files import write_text

    write_text(json.dumps(_source(path, array)) + "\n", folder / SOURCE)


def _source(path: Path, array: str | None) -> list[str | None]:
    return [str(path.resolve()), array]


def _owner(folder: Path, array: str | None) -> list[str | None] | None:
    """Return whose results a folder has, None where that is not known."""
    try:
        found = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
        return found if isinstance(found, list) else None
    except (OSError, ValueError):
        pass
    try:
        # Of a version that had no such file.
        facts = json.loads((folder / "estimate.json").read_text(encoding="utf-8"))
        return [str(Path(facts["path"]).resolve()), array]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _names(path: Path, array: str | None) -> Iterator[str]:
    """Names for a file, shorter ones first."""
    whole = path.resolve()
    short = "-".join(filter(None, (whole.name, array)))
    yield short
    longer = "-".join(filter(None, (whole.parent.name, short)))
    yield longer
    for number in itertools.count(2):
        yield f"{longer}-{number}"
