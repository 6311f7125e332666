"""What the cache of trained score models holds, as text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.format import printable
from estimators.score.cache import Entry, ModelCache, default_folder, default_limit

_FIRST = ("key", "kind", "what")
# Of the metadata: shown where any entry has it.
_OPTIONAL = ("points", "steps")
_LAST = ("size", "last used")


def listing() -> str:
    """A line for each model and checkpoint, the last used first; total, limit and folder.

    Raises ValueError where BENCH_CACHE or BENCH_CACHE_LIMIT cannot be used.
    """
    cache = ModelCache(default_folder(), default_limit())
    with _usable(cache):
        entries = cache.entries()
    if not entries:
        return f"no trained models in {cache.folder} (limit {_size(cache.limit)})"
    shown = [name for name in _OPTIONAL if any(name in entry.metadata for entry in entries)]
    rows = [(*_FIRST, *shown, *_LAST), *(_row(entry, shown) for entry in entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    total = sum(entry.size for entry in entries)
    kinds = [entry.kind for entry in entries]
    counts = ", ".join(_count(kinds.count(kind), kind) for kind in sorted(set(kinds))[::-1])
    return "\n".join(
        [*lines, "", f"{counts}: {_size(total)} of at most {_size(cache.limit)}, in {cache.folder}"]
    )


def clear() -> str:
    """Remove all models and checkpoints, and say how many they were.

    Raises ValueError where BENCH_CACHE or BENCH_CACHE_LIMIT cannot be used.
    """
    cache = ModelCache(default_folder(), default_limit())
    with _usable(cache):
        count, size = cache.clear()
    return f"removed {_count(count, 'file')}, {_size(size)}, from {cache.folder}"


def _row(entry: Entry, shown: list[str]) -> tuple[str, ...]:
    about = " ".join(entry.metadata.get("about", "" if entry.metadata else "unreadable").split())
    facts = (entry.metadata.get(name, "") for name in shown)
    texts = map(printable, (about, *facts))
    return (entry.key[:12], entry.kind, *texts, _size(entry.size), f"{entry.used:%Y-%m-%d %H:%M}")


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


@contextmanager
def _usable(cache: ModelCache) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ValueError(f"cannot use {cache.folder}: {error.strerror or error}") from None
