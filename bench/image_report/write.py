"""Write what can be said of a run's real images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from bench.image_report import figures, tables
from bench.image_report.readings import Readings, images_of, readings, unknown_images
from bench.outputs.figure_style import save, style
from bench.outputs.files import replacing
from bench.plan import Cell

#: Samples of which montages are drawn at most: whole sets come before classes.
MOST_MONTAGES = 8


def write_image_report(cells: Sequence[Cell], records: pd.DataFrame, folder: Path) -> list[Path]:
    """Tables and figures of the images of unknown dimension among the cells; none without any.

    Arrays of the records are read from ``folder``, into which all is written: image-spread.csv,
    image-classes.csv, image-png-size.csv, image-agreement-NAME.csv and montages.
    """
    samples = unknown_images(cells)
    if not samples:
        return []
    own = records[records["manifold"].isin(samples)]
    found: list[Readings] = []
    for label, cell in samples.items():
        found += readings(label, images_of(cell), own, folder)
    ranks = tables.ranking(own)
    agreed = tables.concordance(ranks)
    written = [
        _table(tables.spread(own), folder / "image-spread.csv"),
        _table(tables.compression(found), folder / "image-png-size.csv"),
        _table(ranks, folder / "image-classes.csv"),
    ]
    families = dict(zip(own["estimator"], own["family"], strict=True))
    drawn: dict[str, Figure | None] = {}
    # The larger samples first: of whole sets, then of classes.
    largest = sorted(samples, key=lambda label: -_points(own, label))[:MOST_MONTAGES]
    with style():
        drawn["image-classes"] = figures.ranking_figure(ranks, families, agreed)
        for label in largest:
            drawn[f"image-montage-{label}"] = figures.montage(found, label)
            table = tables.agreement(found, label)
            drawn[f"image-agreement-{label}"] = figures.agreement_figure(table, label)
            if len(table):
                path = folder / f"image-agreement-{label}.csv"
                written.append(_table(table.reset_index(names="estimator"), path))
        for name, figure in drawn.items():
            if figure is not None:
                written += save(figure, folder / name)
    return written


def _points(records: pd.DataFrame, label: str) -> float:
    used = records[records["manifold"] == label]["points_used"].max()
    return 0.0 if pd.isna(used) else float(used)


def _table(table: pd.DataFrame, path: Path) -> Path:
    with replacing(path) as part:
        table.to_csv(part, index=False)
    return path
