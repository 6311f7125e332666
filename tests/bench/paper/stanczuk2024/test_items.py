"""All figures of Stanczuk et al. 2024: their cells, their size, their texts."""

from __future__ import annotations

import pytest
from figure_records import material
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from bench.engine import plan
from bench.figures.paper_style import DPI, SMALL, TALLEST, WIDTH, save
from bench.paper.publication import PRESETS
from bench.paper.publications.stanczuk2024 import FIGURES
from bench.suites import schema

ITEMS = {item.name: item for item in FIGURES}


def test_there_is_an_item_for_each_figure_in_order():
    assert list(ITEMS) == [
        *("spectra", "histograms", "nonuniform", "noise", "sample-size", "images", "classes"),
        *("autoencoder", "ablation"),
    ]
    for item in FIGURES:
        assert item.kind == "figure"
        assert len(item.caption) > 80


@pytest.mark.parametrize("name", ITEMS)
@pytest.mark.parametrize("preset", PRESETS)
def test_cells_are_those_of_a_suite(name, preset):
    planned = [
        plan.build(
            schema.load(cells.suite or "stanczuk2024"),
            preset,
            manifold_patterns=cells.manifolds,
            estimator_patterns=cells.estimators,
        )
        for cells in ITEMS[name].cells
        if preset in cells.presets
    ]
    assert all(planned)
    assert bool(planned) == (name != "ablation")


@pytest.mark.parametrize("name", ITEMS)
def test_every_figure_fits_a_column_with_all_its_text(figures, name, tmp_path):
    figure = figures[name]
    paths = save(figure, tmp_path / name)
    assert figure.get_figwidth() == WIDTH
    assert figure.get_figheight() <= TALLEST
    assert b"/FontFile2" in paths[0].read_bytes()
    assert b"/Type3" not in paths[0].read_bytes()
    renderer = FigureCanvasAgg(figure).get_renderer()
    taken = [axes.get_tightbbox(renderer) for axes in figure.axes]
    for text in figure.findobj(Text):
        if not (text.get_visible() and text.get_text().strip()):
            continue
        assert text.get_fontsize() >= SMALL
        box = text.get_window_extent(renderer)
        # Ticks beyond the limits of an axis have texts that are not drawn.
        if any(panel.overlaps(box) for panel in taken):
            assert -1 <= box.x0 < box.x1 <= WIDTH * DPI + 1, text.get_text()
    for key in figure.legends:
        box = key.get_window_extent(renderer)
        assert -1 <= box.x0 < box.x1 <= WIDTH * DPI + 1
        assert not any(panel.overlaps(box.padded(-1)) for panel in taken)


@pytest.mark.parametrize("name", sorted(set(ITEMS) - {"ablation"}))
def test_axes_say_what_they_show(figures, name):
    grid = [axes for axes in figures[name].axes if axes.axison]
    lowest, leftmost = (
        min(axes.get_subplotspec().colspan.start for axes in grid),
        max(axes.get_subplotspec().rowspan.stop for axes in grid),
    )
    for axes in grid:
        spec = axes.get_subplotspec()
        if spec.colspan.start == lowest:
            assert axes.get_ylabel()
    assert any(
        axes.get_xlabel() for axes in grid if axes.get_subplotspec().rowspan.stop == leftmost
    )


@pytest.mark.parametrize("name", ITEMS)
def test_without_records_there_is_no_figure(name, tmp_path):
    assert ITEMS[name].make(material([], tmp_path)) is None
    assert list(tmp_path.iterdir()) == []
