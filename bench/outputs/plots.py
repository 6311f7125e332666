"""Figures of a suite's results, written as PNG and SVG."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.outputs.estimates import estimate_figure
from bench.outputs.figure_style import FORMATS, save, style
from bench.outputs.heatmap import heatmap_figure
from bench.outputs.metrics import summarise
from bench.outputs.sample_size import sample_size_figure
from bench.outputs.spectra import spectra_figure
from bench.outputs.tradeoff import tradeoff_figure


def write_plots(
    records: pd.DataFrame,
    folder: Path,
    store_folder: Path,
    summary: pd.DataFrame | None = None,
) -> list[Path]:
    """Write each figure that the records have data for, and remove older files of the others.

    Arrays of the records are read from ``store_folder``; ``summary`` is theirs, where the caller
    has it already. Returns the paths written. Raises ValueError as ``summarise`` does.
    """
    summary = summarise(records) if summary is None else summary
    written: list[Path] = []
    with style():
        for name, figure in (
            ("estimate-against-truth", estimate_figure(summary)),
            ("error-heatmap", heatmap_figure(summary)),
            ("accuracy-against-runtime", tradeoff_figure(summary)),
            ("score-spectra", spectra_figure(records, store_folder)),
            ("estimate-against-sample-size", sample_size_figure(records)),
        ):
            if figure is None:
                for suffix in FORMATS:
                    (folder / f"{name}{suffix}").unlink(missing_ok=True)
            else:
                written += save(figure, folder / name)
    return written
