"""What the cache of trained score models holds, as text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.format import counted, file_size, printable
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
    limit = file_size(cache.limit)
    if not entries:
        return f"no trained models in {cache.folder} (limit {limit})"
    shown = [name for name in _OPTIONAL if any(name in entry.metadata for entry in entries)]
    rows = [(*_FIRST, *shown, *_LAST), *(_row(entry, shown) for entry in entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    total = sum(entry.size for entry in entries)
    kinds = [entry.kind for entry in entries]
    counts = ", ".join(counted(kinds.count(kind), kind) for kind in sorted(set(kinds))[::-1])
    lines += ["", f"{counts}: {file_size(total)} of at most {limit}, in {cache.folder}"]
    return "\n".join(lines)


def clear() -> str:
    """Remove all models and checkpoints, and say how many they were.

    Raises ValueError where BENCH_CACHE or BENCH_CACHE_LIMIT cannot be used.
    """
    cache = ModelCache(default_folder(), default_limit())
    with _usable(cache):
        count, size = cache.clear()
    return f"removed {counted(count, 'file')}, {file_size(size)}, from {cache.folder}"


def _row(entry: Entry, shown: list[str]) -> tuple[str, ...]:
    about = " ".join(entry.metadata.get("about", "" if entry.metadata else "unreadable").split())
    facts = (entry.metadata.get(name, "") for name in shown)
    texts = map(printable, (about, *facts))
    return (
        entry.key[:12],
        entry.kind,
        *texts,
        file_size(entry.size),
        f"{entry.used:%Y-%m-%d %H:%M}",
    )


@contextmanager
def _usable(cache: ModelCache) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ValueError(f"cannot use {cache.folder}: {error.strerror or error}") from None
