"""Write tables and figures of a run's real images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from bench.cell import Cell
from bench.figures.style import save, style
from bench.files import write_csv, write_text
from bench.image_report import SUMMARY, image_statistics
from bench.image_report.image_figures import agreement_figure, montage, ranking_figure
from bench.image_report.pointwise import (
    PointwiseEstimates,
    images_of,
    pointwise_estimates,
    unknown_images,
)
from bench.record import OK

#: Most samples with a montage: whole sets come before classes.
MOST_MONTAGES = 8


def write_image_report(cells: Sequence[Cell], records: pd.DataFrame, folder: Path) -> list[Path]:
    """Write tables and figures of the images of unknown dimension; none without any.

    Arrays of the records are read from ``folder``, into which all is written: image-summary.txt,
    image-spread.csv, image-classes.csv, image-png-size.csv, image-agreement-NAME.csv and montages.
    """
    samples = unknown_images(cells)
    if not samples:
        return []
    own = records[records["manifold"].isin(samples)]
    spread, ranks = image_statistics.spread(own), image_statistics.ranking(own)
    concordance = image_statistics.concordance(ranks)
    families = dict(zip(own["estimator"], own["family"], strict=True))
    # The larger samples first: of whole sets, then of classes.
    points = own.groupby("manifold")["points_used"].max().fillna(0)
    largest = sorted(samples, key=lambda label: -points.get(label, 0))[:MOST_MONTAGES]
    successful = set(own.loc[own["status"] == OK, "manifold"])
    written: list[Path] = []
    sizes = [image_statistics.compression([])]
    with style():
        # One sample in memory at a time; one without estimates may lack its files.
        for label in filter(successful.__contains__, samples):
            estimates = list(pointwise_estimates(label, images_of(samples[label]), own, folder))
            sizes.append(image_statistics.compression(estimates))
            if label in largest:
                written += _write_sample(label, estimates, folder)
        if figure := ranking_figure(ranks, families, concordance):
            written += save(figure, folder / "image-classes")
    compression = pd.concat(sizes, ignore_index=True)
    lines = image_statistics.summary(spread, compression, ranks, concordance)
    return [
        write_text("".join(f"{line}\n" for line in lines), folder / SUMMARY),
        write_csv(spread, folder / "image-spread.csv"),
        write_csv(compression, folder / "image-png-size.csv"),
        write_csv(ranks, folder / "image-classes.csv"),
        *written,
    ]


def _write_sample(label: str, estimates: Sequence[PointwiseEstimates], folder: Path) -> list[Path]:
    """Write montage and agreement of one sample."""
    agreement = image_statistics.agreement(estimates)
    written = []
    if figure := montage(estimates, label):
        written += save(figure, folder / f"image-montage-{label}")
    stem = folder / f"image-agreement-{label}"
    if figure := agreement_figure(agreement, label):
        written += save(figure, stem)
    if len(agreement):
        table = agreement.reset_index(names="estimator")
        written.append(write_csv(table, stem.with_name(f"{stem.name}.csv")))
    return written
