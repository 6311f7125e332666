"""Write what can be said of a run's real images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from bench.cell import Cell
from bench.figures.style import save, style
from bench.files import write_csv, write_text
from bench.image_report import SUMMARY, image_figures, image_statistics
from bench.image_report.pointwise import Readings, images_of, readings, unknown_images
from bench.record import OK

#: Samples of which montages are drawn at most: whole sets come before classes.
MOST_MONTAGES = 8


def write_image_report(cells: Sequence[Cell], records: pd.DataFrame, folder: Path) -> list[Path]:
    """Tables and figures of the images of unknown dimension among the cells; none without any.

    Arrays of the records are read from ``folder``, into which all is written: image-summary.txt,
    image-spread.csv, image-classes.csv, image-png-size.csv, image-agreement-NAME.csv and montages.
    """
    samples = unknown_images(cells)
    if not samples:
        return []
    own = records[records["manifold"].isin(samples)]
    spread, ranks = image_statistics.spread(own), image_statistics.ranking(own)
    agreed = image_statistics.concordance(ranks)
    families = dict(zip(own["estimator"], own["family"], strict=True))
    # The larger samples first: of whole sets, then of classes.
    largest = sorted(samples, key=lambda label: -_points(own, label))[:MOST_MONTAGES]
    written: list[Path] = []
    compressed = []
    # One sample in memory at a time.
    for label, cell in samples.items():
        if not (own[own["manifold"] == label]["status"] == OK).any():
            # Perhaps for want of its files.
            continue
        found = list(readings(label, images_of(cell), own, folder))
        compressed.append(image_statistics.compression(found))
        if label in largest:
            written += _of_sample(label, found, folder)
    sizes = pd.concat([image_statistics.compression([]), *compressed], ignore_index=True)
    with style():
        written += _figure(
            image_figures.ranking_figure(ranks, families, agreed), folder, "image-classes"
        )
    lines = image_statistics.summary(spread, sizes, ranks, agreed)
    return [
        write_text("".join(f"{line}\n" for line in lines), folder / SUMMARY),
        write_csv(spread, folder / "image-spread.csv"),
        write_csv(sizes, folder / "image-png-size.csv"),
        write_csv(ranks, folder / "image-classes.csv"),
        *written,
    ]


def _of_sample(label: str, found: Sequence[Readings], folder: Path) -> list[Path]:
    """Montage and agreement of one sample."""
    agreement = image_statistics.agreement(found)
    with style():
        written = [
            *_figure(image_figures.montage(found, label), folder, f"image-montage-{label}"),
            *_figure(
                image_figures.agreement_figure(agreement, label), folder, f"image-agreement-{label}"
            ),
        ]
    if len(agreement):
        path = folder / f"image-agreement-{label}.csv"
        written.append(write_csv(agreement.reset_index(names="estimator"), path))
    return written


def _figure(figure: Figure | None, folder: Path, name: str) -> list[Path]:
    return [] if figure is None else save(figure, folder / name)


def _points(records: pd.DataFrame, label: str) -> float:
    used = records[records["manifold"] == label]["points_used"].max()
    return 0.0 if pd.isna(used) else float(used)
