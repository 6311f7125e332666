from __future__ import annotations

import itertools
import re

import matplotlib
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from bench.figures.paper_style import (
    DARK,
    DPI,
    LIGHT,
    LOOKS,
    TRUTH,
    WIDTH,
    column,
    paper_style,
    save,
)


def luminance(colour):
    return sum(w * c for w, c in zip((0.299, 0.587, 0.114), to_rgb(colour), strict=True))


@paper_style()
def plotted():
    figure = column(2.0)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1])
    axes.set(xlabel=r"index, $D - d$", ylabel="σ")
    return figure


def test_saves_pdf_and_png_a_column_wide(tmp_path):
    paths = save(plotted(), tmp_path / "plot")
    assert [path.name for path in paths] == ["plot.pdf", "plot.png"]
    (box,) = set(re.findall(rb"/MediaBox \[([^\]]*)\]", paths[0].read_bytes()))
    assert [float(number) for number in box.split()] == pytest.approx([0, 0, 72 * WIDTH, 144])
    with Image.open(paths[1]) as image:
        assert image.size == (round(DPI * WIDTH), 2 * DPI)


def test_fonts_are_embedded_whole_as_truetype(tmp_path):
    written = save(plotted(), tmp_path / "plot")[0].read_bytes()
    assert b"/FontFile2" in written
    assert b"/Type3" not in written
    fonts = set(re.findall(rb"/FontName /(\S+)", written))
    assert any(b"STIXGeneral" in font for font in fonts)
    assert not any(b"DejaVu" in font for font in fonts)


def test_the_same_figure_gives_the_same_bytes_whatever_a_reader_set(tmp_path):
    first = [path.read_bytes() for path in save(plotted(), tmp_path / "a")]
    with matplotlib.rc_context({"font.size": 20, "lines.linewidth": 9, "pdf.fonttype": 3}):
        second = [path.read_bytes() for path in save(plotted(), tmp_path / "b")]
    assert first == second
    assert not re.search(rb"/(Creation|Mod)Date", first[0])


def test_leaves_no_trace_of_itself():
    before = dict(matplotlib.rcParams)
    with paper_style():
        assert matplotlib.rcParams["pdf.fonttype"] == 42
    assert dict(matplotlib.rcParams) == before


def test_estimators_differ_without_colour():
    for one, other in itertools.combinations(LOOKS.values(), 2):
        assert one.marker != other.marker
        assert one.line != other.line
    assert luminance(LIGHT) - luminance(DARK) > 0.3
    assert all(luminance(colour) < 0.75 for colour in (DARK, LIGHT, TRUTH))
    assert all(luminance(look.colour) < 0.75 for look in LOOKS.values())
