"""A publication: items, the cells that each is made from, and the function that makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console

from bench.paper.published import Known
from bench.paper.table import Comparison
from bench.suites import PRESETS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Cells:
    """Cells of a suite (the publication's own if not given): labels or globs of both kinds.

    ``seeds`` and ``n`` replace those of the preset, but not those of "smoke". Presets other than
    ``presets`` leave them out. If ``optional``, they are not run if the files of their data set are
    missing.
    """

    manifolds: tuple[str, ...]
    estimators: tuple[str, ...]
    seeds: int | None = None
    n: int | None = None
    suite: str | None = None
    optional: bool = False
    presets: tuple[str, ...] = PRESETS


@dataclass(frozen=True)
class Material:
    """The data that an item is made from.

    ``records`` are those of the item's cells, one row each, in the order of the cells (see
    ``bench.record.Record``); arrays of a record are below ``store_folder``. ``published`` are
    the publication's numbers, as in results/published (see ``bench.paper.published``), and
    ``known`` what is known of why ours differ. ``folder`` is that of the item's files, for items
    that save more than a picture; with ``running`` False nothing is computed again.
    """

    records: pd.DataFrame
    store_folder: Path
    published: pd.DataFrame
    folder: Path
    preset: str
    running: bool
    console: Console
    known: tuple[Known, ...] = ()


@dataclass(frozen=True)
class Item:
    """A table or a figure of a publication.

    ``make`` returns None if the records that it needs are missing.
    """

    name: str
    title: str
    caption: str
    kind: Literal["table", "figure"]
    make: Callable[[Material], Figure | Comparison | None]
    cells: tuple[Cells, ...] = ()


@dataclass(frozen=True)
class Publication:
    """A publication: its own suite, and its items in order.

    ``suite`` is a suite's name or the path of a TOML file. ``data`` is the CSV file of its
    numbers, if it is not results/published/NAME.csv.
    """

    name: str
    title: str
    source: str
    suite: str
    items: tuple[Item, ...]
    data: Path | None = None
