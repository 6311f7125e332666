"""Write the figures of a run as PNG and SVG."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from bench.figures.estimates_against_truth import estimate_figure
from bench.figures.heatmap import heatmap_figure
from bench.figures.sample_size_curves import sample_size_figure
from bench.figures.spectra import spectra_figure
from bench.figures.style import FORMATS, save, style
from bench.figures.tradeoff import tradeoff_figure
from bench.format import printable
from bench.summary.summarise import summarise


def write_plots(
    records: pd.DataFrame,
    folder: Path,
    store_folder: Path,
    summary: pd.DataFrame | None = None,
) -> list[Path]:
    """Write each figure that the records have data for, and remove older files of the others.

    Arrays of the records are read from ``store_folder``; ``summary`` is theirs, where the caller
    has it already. Returns the paths written. A figure that cannot be drawn gives a warning; the
    others are drawn. Raises ValueError as ``summarise`` does, and OSError where a file cannot be
    written.
    """
    summary = summarise(records) if summary is None else summary
    figures: dict[str, Callable[[], Figure | None]] = {
        "estimate-against-truth": lambda: estimate_figure(summary),
        "error-heatmap": lambda: heatmap_figure(summary),
        "accuracy-against-runtime": lambda: tradeoff_figure(summary),
        "score-spectra": lambda: spectra_figure(records, store_folder),
        "estimate-against-sample-size": lambda: sample_size_figure(records),
    }
    written: list[Path] = []
    with style():
        for name, make in figures.items():
            paths = _write(make, folder / name)
            written += paths
            if not paths:
                for suffix in FORMATS:
                    (folder / f"{name}{suffix}").unlink(missing_ok=True)
    return written


def _write(make: Callable[[], Figure | None], stem: Path) -> list[Path]:
    """Draw and save a figure; returns its paths, none without data or after a failure."""
    try:
        figure = make()
        return [] if figure is None else save(figure, stem)
    except OSError:
        raise
    except Exception as error:
        reason = printable(f"{type(error).__name__}: {error}")
        warnings.warn(f"{stem.name} cannot be drawn: {reason}", stacklevel=3)
        return []
