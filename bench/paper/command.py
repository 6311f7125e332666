"""The command ``paper``: run the missing cells of a publication's items, and make each item."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console

from bench.cell import Cell
from bench.engine import plan
from bench.engine.complete import complete, records_of
from bench.engine.job import Job, device_and_capacity, provide_data_sets
from bench.figures import paper_style
from bench.format import print_lines
from bench.limits import Capacity
from bench.paper import catalogue, published
from bench.paper.comparison_files import write_comparison
from bench.paper.index import ItemResult, write_index
from bench.paper.publication import Cells, Item, Material, Publication
from bench.paper.table import Comparison
from bench.record import COLUMNS
from bench.store.store import FILE, Store
from bench.suites import schema
from bench.summary.wording import all_failed
from manifolds.datasets.base import use_data_root

#: Folder of an item's files, by its kind.
FOLDERS = {"table": "tables", "figure": "figures"}
_SMOKE = "smoke"


@dataclass(frozen=True)
class Request:
    """Items of a publication to be made into a folder; ``name`` is that of the command line."""

    name: str
    publication: Publication
    items: tuple[Item, ...]
    preset: str
    device: str
    capacity: Capacity
    out: Path
    download: bool = False


def prepare(
    name: str,
    *,
    only: Sequence[str] = (),
    preset: str | None = None,
    device: str = "auto",
    out: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    data_root: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> Request:
    """Check every option; ValueError says what is wrong and what is allowed.

    ``name`` is a publication's, or the path of a Python file that sets PUBLICATION. ``preset`` is
    "quick" if not given, "full" if there is a GPU.
    """
    publication = catalogue.load(name)
    items = catalogue.select_items(publication, list(only))
    device, capacity = device_and_capacity(device, jobs)
    preset = preset or schema.default_preset(device)
    schema.load(publication.suite).preset(preset)
    if data_root is not None:
        use_data_root(Path(data_root))
    folder = Path(out) if out is not None else Path("results") / f"paper-{publication.name}"
    return Request(name, publication, items, preset, device, capacity, folder, download)


def make(request: Request, *, running: bool = True, console: Console) -> list[str]:
    """Run missing cells, make the items, write an index; return the names of items that failed.

    With ``running`` False nothing is run, and items are made of the records that there are. Raises
    ValueError if the options do not fit, the numbers are damaged, or the folder cannot be written.
    """
    data = request.publication.data or published.path_of(request.publication.name)
    numbers, known = published.read(data), published.read_known(data)
    cells = {item.name: _plan(request, item.cells) for item in request.items}
    if running:
        job = job_of(request, console)
        with Store(request.out) as store:
            complete(job, store, console=console)
            records = {name: records_of(own, store) for name, own in cells.items()}
    else:
        records = _saved_records(request, cells, console)
    results = []
    for item in request.items:
        material = Material(
            records=records[item.name],
            store_folder=request.out,
            published=numbers,
            folder=request.out / FOLDERS[item.kind],
            preset=request.preset,
            running=running,
            console=console,
            known=known,
        )
        results.append(_make(item, material))
        print_lines(console, f"{item.name}: {results[-1].summary(request.out)}")
    path = write_index(request.publication, request.name, results, request.preset, request.out)
    print_lines(console, f"index: {path}")
    return [result.item.name for result in results if result.error]


def _make(item: Item, material: Material) -> ItemResult:
    """Write the files of an item; an item that fails, or whose every cell failed, says why."""
    if failure := all_failed(material.records):
        return ItemResult(item, error=failure)
    try:
        content = item.make(material)
        if isinstance(content, Comparison):
            return ItemResult(item, tuple(write_comparison(content, material.folder)), content)
        if isinstance(content, Figure):
            return ItemResult(item, tuple(paper_style.save(content, material.folder / item.name)))
        return ItemResult(item)
    except Exception as error:
        return ItemResult(item, error=f"{type(error).__name__}: {error}")


def job_of(request: Request, console: Console) -> Job:
    """Return one job of the cells of all items.

    Those of optional data sets that are missing are left out, which is printed to ``console``.
    """
    cells: dict[str, Cell] = {}
    absent: dict[str, dict[str, None]] = {}
    for choice in dict.fromkeys(choice for item in request.items for choice in item.cells):
        part = _plan(request, [choice])
        try:
            provide_data_sets(part, request.download)
        except ValueError as error:
            if not choice.optional:
                raise
            absent.setdefault(str(error), {}).update(dict.fromkeys(choice.manifolds))
            continue
        for cell in part:
            cells.setdefault(cell.key, cell)
    for reason, labels in absent.items():
        print_lines(console, f"left out: {', '.join(labels)}: {reason}")
    return Job(list(cells.values()), request.preset, request.device, request.capacity, request.out)


def _plan(request: Request, choices: Sequence[Cells]) -> list[Cell]:
    """Return the cells of some choices at this preset, each once, also of missing data sets."""
    # The sizes of smoke are the smallest.
    smoke = request.preset == _SMOKE
    cells: dict[str, Cell] = {}
    for choice in choices:
        if request.preset in choice.presets:
            for cell in plan.build(
                schema.load(choice.suite or request.publication.suite),
                request.preset,
                manifold_patterns=choice.manifolds,
                estimator_patterns=choice.estimators,
                seeds=None if smoke else choice.seeds,
                n=None if smoke else choice.n,
            ):
                cells.setdefault(cell.key, cell)
    return list(cells.values())


def _saved_records(
    request: Request, cells: dict[str, list[Cell]], console: Console
) -> dict[str, pd.DataFrame]:
    """Return the records of each item that are in the folder."""
    if not (request.out / FILE).exists():
        print_lines(
            console,
            f"no records in {request.out}: the published numbers stand alone; without --no-run "
            "the cells are run",
        )
        columns = list(COLUMNS)
        return {name: pd.DataFrame(columns=columns) for name in cells}
    with Store(request.out, writing=False) as store:
        return {name: records_of(own, store) for name, own in cells.items()}
