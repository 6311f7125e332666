"""The command ``paper``: run what the items of a publication lack, and make each of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console

from bench import devices
from bench.cell import Cell
from bench.engine import plan
from bench.engine.capacity import Room
from bench.engine.complete import missing_cells, records_of, run_cells
from bench.engine.job import Job, prepare
from bench.figures import paper_style
from bench.format import counted
from bench.paper import catalogue, published
from bench.paper.comparison import Comparison
from bench.paper.comparison_files import write_comparison
from bench.paper.index import Made, write_index
from bench.paper.publication import Cells, Item, Material, Publication
from bench.record import Record
from bench.store.store import FILE, Store
from bench.suites import schema
from bench.summary.wording import all_failed
from manifolds.datasets.data_root import use_data_root

#: Folder of an item's files, by its kind.
FOLDERS = {"table": "tables", "figure": "figures"}
_SMOKE = "smoke"


@dataclass(frozen=True)
class Asked:
    """What is to be made: items of a publication, which is asked for by a name, into a folder."""

    name: str
    publication: Publication
    items: tuple[Item, ...]
    preset: str
    device: str
    out: Path
    jobs: int | None = None
    data_root: Path | None = None
    download: bool = False

    @property
    def data(self) -> Path:
        """The file of the publication's numbers."""
        return self.publication.data or published.path_of(self.publication.name)


def asked(
    name: str,
    *,
    only: Sequence[str] = (),
    preset: str | None = None,
    device: str = "auto",
    out: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    data_root: Path | None = None,
    download: bool = False,
) -> Asked:
    """Check every option; ValueError says what is wrong and what is allowed.

    ``name`` is a publication's, or the path of a Python file that sets PUBLICATION. ``preset`` is
    "quick" if not given, "full" where there is a GPU.
    """
    publication = catalogue.load(name)
    items = catalogue.chosen(publication, list(only))
    chosen = devices.choose(device)
    preset = preset or ("full" if chosen == "cuda" else "quick")
    schema.load(publication.suite).preset(preset)
    if data_root is not None:
        use_data_root(data_root)
    folder = Path(out) if out is not None else Path("results") / f"paper-{publication.name}"
    return Asked(name, publication, items, preset, device, folder, jobs, data_root, download)


def make(asked: Asked, *, running: bool = True, console: Console) -> list[str]:
    """Run what is missing, make the items, write an index; returns the names of items that failed.

    With ``running`` False nothing is run, and items are made of the records that are there. Raises
    ValueError where the options do not fit, the numbers are damaged, or the folder cannot be
    written.
    """
    numbers = published.read(asked.data)
    known = published.read_known(asked.data)
    cells = {item.name: _cells(asked, item) for item in asked.items}
    if running:
        job = job_of(asked, console)
        with Store(asked.out) as store:
            _run(job, store, console)
            records = {name: _records(job, own, store) for name, own in cells.items()}
    else:
        records = _records_there(asked, cells, console)
    made = []
    for item in asked.items:
        folder = asked.out / FOLDERS[item.kind]
        material = Material(
            records=records[item.name],
            store_folder=asked.out,
            published=numbers,
            folder=folder,
            preset=asked.preset,
            running=running,
            console=console,
            known=known,
        )
        made.append(_make(item, material))
        _tell(console, f"{item.name}: {made[-1].told(asked.out)}")
    path = write_index(asked.publication, asked.name, made, asked.preset, asked.out)
    _tell(console, f"index: {path}")
    return [found.item.name for found in made if found.error]


def _make(item: Item, material: Material) -> Made:
    """The files of an item; an item that fails, or whose every cell failed, says why."""
    if failure := all_failed(material.records):
        return Made(item, error=failure)
    try:
        found = item.make(material)
        if isinstance(found, Comparison):
            paths = write_comparison(found, material.folder)
        elif isinstance(found, Figure):
            paths = paper_style.save(found, material.folder / item.name)
        else:
            return Made(item)
    except Exception as error:
        return Made(item, error=f"{type(error).__name__}: {error}")
    return Made(item, tuple(paths), found if isinstance(found, Comparison) else None)


def job_of(asked: Asked, console: Console) -> Job:
    """One job of the cells of all items; those of data sets that are not there are left out.

    ``console`` is told what is left out.
    """
    cells: dict[str, Cell] = {}
    job: Job | None = None
    absent: dict[str, dict[str, None]] = {}
    for wanted in _wanted(asked):
        try:
            part = prepare(
                wanted.suite or asked.publication.suite,
                preset=asked.preset,
                manifolds=wanted.manifolds,
                estimators=wanted.estimators,
                jobs=asked.jobs,
                device=asked.device,
                out=asked.out,
                data_root=asked.data_root,
                download=asked.download,
                seeds=_own(asked, wanted.seeds),
                n=_own(asked, wanted.n),
            )
        except ValueError as error:
            if not wanted.optional:
                raise
            absent.setdefault(str(error), {}).update(dict.fromkeys(wanted.manifolds))
            continue
        job = job or part
        cells |= {cell.key: cell for cell in part.cells if cell.key not in cells}
    for why, labels in absent.items():
        _tell(console, f"left out: {', '.join(labels)}: {why}")
    if job is None:
        # Items that need no cells at all.
        return Job([], asked.preset, asked.device, Room(1, 1, 1), asked.out, ())
    return replace(job, cells=list(cells.values()))


def _run(job: Job, store: Store, console: Console) -> None:
    missing = missing_cells(job, store)
    _tell(
        console,
        f"{counted(len(job.cells), 'cell')} at preset {job.preset}: "
        f"{len(job.cells) - len(missing)} done before, {len(missing)} to run",
    )
    if missing:
        run_cells(job, missing, store, console)


def _wanted(asked: Asked) -> list[Cells]:
    """The cells of all items at this preset, each once."""
    return list(
        dict.fromkeys(
            wanted
            for item in asked.items
            for wanted in item.cells
            if asked.preset in wanted.presets
        )
    )


def _own(asked: Asked, size: int | None) -> int | None:
    """A size in the place of the preset's, but for smoke, whose sizes are the smallest."""
    return None if asked.preset == _SMOKE else size


def _cells(asked: Asked, item: Item) -> list[Cell]:
    """The cells of an item at this preset, also of data sets that are not there."""
    found: dict[str, Cell] = {}
    for wanted in item.cells:
        if asked.preset not in wanted.presets:
            continue
        for cell in plan.build(
            schema.load(wanted.suite or asked.publication.suite),
            asked.preset,
            manifold_patterns=wanted.manifolds,
            estimator_patterns=wanted.estimators,
            seeds=_own(asked, wanted.seeds),
            n=_own(asked, wanted.n),
        ):
            found.setdefault(cell.key, cell)
    return list(found.values())


def _records(job: Job, cells: list[Cell], store: Store) -> pd.DataFrame:
    return records_of(replace(job, cells=cells), store)


def _records_there(
    asked: Asked, cells: dict[str, list[Cell]], console: Console
) -> dict[str, pd.DataFrame]:
    """The records that a folder has of each item."""
    if not (asked.out / FILE).exists():
        _tell(
            console,
            f"no records in {asked.out}: the published numbers stand alone; without --no-run the "
            "cells are run",
        )
        columns = list(Record.__dataclass_fields__)
        return {name: pd.DataFrame(columns=columns) for name in cells}
    job = Job([], asked.preset, asked.device, Room(1, 1, 1), asked.out, ())
    with Store(asked.out, writing=False) as store:
        return {name: _records(job, own, store) for name, own in cells.items()}


def _tell(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True, markup=False)
