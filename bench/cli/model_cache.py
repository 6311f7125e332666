"""The commands ``cache list`` and ``cache clear``: trained score models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from bench.cli import options
from bench.format import file_size, plural, printable

if TYPE_CHECKING:
    from estimators.score.cache import CacheEntry, ModelCache

_FIRST = ("key", "kind", "what")
# Of the metadata: shown if any entry has it.
_OPTIONAL = ("points", "steps")
_LAST = ("size", "last used")

app = typer.Typer(no_args_is_help=True, help="Trained score models in the cache.")


@app.command("list")
def list_() -> None:
    """List the trained models: last use, size, what each is."""
    with options.usage_errors(), _cache() as cache:
        options.echo(_listing(cache))


@app.command("clear")
def clear() -> None:
    """Remove all trained models."""
    with options.usage_errors(), _cache() as cache:
        count, size = cache.clear()
        options.echo(f"removed {plural(count, 'file')}, {file_size(size)}, from {cache.folder}")


@contextmanager
def _cache() -> Iterator[ModelCache]:
    """Open the cache; ValueError if BENCH_CACHE or BENCH_CACHE_LIMIT cannot be used."""
    from estimators.score.cache import ModelCache, default_folder, default_limit

    cache = ModelCache(default_folder(), default_limit())
    try:
        yield cache
    except OSError as error:
        raise ValueError(f"cannot use {cache.folder}: {error.strerror or error}") from None


def _listing(cache: ModelCache) -> str:
    """Return a line for each model and checkpoint, the last used first; total, limit and folder."""
    entries = cache.entries()
    if not entries:
        return f"no trained models in {cache.folder} (limit {file_size(cache.limit)})"
    shown = [name for name in _OPTIONAL if any(name in entry.metadata for entry in entries)]
    rows = [(*_FIRST, *shown, *_LAST), *(_row(entry, shown) for entry in entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    total = file_size(sum(entry.size for entry in entries))
    kinds = [entry.kind for entry in entries]
    counts = ", ".join(plural(kinds.count(kind), kind) for kind in sorted(set(kinds))[::-1])
    summary = f"{counts}: {total} of at most {file_size(cache.limit)}, in {cache.folder}"
    return "\n".join([*lines, "", summary])


def _row(entry: CacheEntry, shown: list[str]) -> tuple[str, ...]:
    about = " ".join(entry.metadata.get("about", "" if entry.metadata else "unreadable").split())
    facts = (entry.metadata.get(name, "") for name in shown)
    texts = map(printable, (about, *facts))
    used = f"{entry.used:%Y-%m-%d %H:%M}"
    return (entry.key[:12], entry.kind, *texts, file_size(entry.size), used)
