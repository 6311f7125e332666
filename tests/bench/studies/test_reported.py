"""The reports of studies agree with their records."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

REPORTED = Path(__file__).parents[3] / "results" / "reported"


def markdown_rows(path, first):
    """The cells of the table in a Markdown file whose first column has this header."""
    lines = [line.strip().strip("|").split("|") for line in path.read_text().splitlines()]
    table = [[cell.strip() for cell in line] for line in lines if len(line) > 2]
    start = next(k for k, line in enumerate(table) if line[0] == first)
    return table[start], table[start + 2 :]


def test_the_report_of_the_ablation_says_what_its_records_say():
    columns, rows = markdown_rows(REPORTED / "studies" / "README.md", "sphere")
    table = pd.read_csv(REPORTED / "studies" / "ablation.csv")
    table["score"] = table["score"].replace("exact", "exact score").str.removeprefix("learned, ")
    table = table.set_index(["dimension", "read-out", "sigma", "score"])
    assert len(rows) == 5
    for sphere, read_out, noise, *cells in rows:
        for score, cell in zip(columns[3:], cells, strict=True):
            result = table.loc[(int(sphere), read_out, float(noise), score)]
            assert cell == f"{result['reading']:g} ({result['right']:.0%})".replace("%", " %")


def test_eleven_was_not_shown_at_the_published_noise_with_the_published_read_out():
    """The notes on the published estimates of Table 2 rest on this."""
    table = pd.read_csv(REPORTED / "studies" / "ablation.csv")
    published = table[(table["read-out"] == table["read-out"].iloc[0]) & (table["sigma"] == 0.01)]
    readings = published.groupby("dimension")["reading"].unique().map(sorted)
    assert readings.to_dict() == {10: [10], 50: [50, 51]}
    notes = pd.read_csv(REPORTED.parent / "published" / "notes" / "stanczuk2024.csv")
    of_score = notes[(notes["column"] == "score SVD") & notes["row"].str.contains("sphere")]
    assert len(of_score) == 2
    for note in of_score["note"]:
        assert re.match("Not known", note)
        assert "is a guess" in note


def test_the_report_of_unseen_manifolds_says_what_its_records_say():
    _, rows = markdown_rows(REPORTED / "unseen" / "README.md", "set here")
    table = pd.read_csv(REPORTED / "unseen" / "accuracy.csv")
    for estimator, column in (("score-svd", 2), ("twonn", 3)):
        results = sorted(table.loc[table["estimator"] == estimator, "estimate"].round(2))
        assert results == sorted(float(row[column]) for row in rows)


@pytest.mark.parametrize(
    ("suite", "first", "seeds"), [("readings", "manifold", 5), ("images", "images", 1)]
)
def test_what_training_adds_is_what_the_records_say(suite, first, seeds):
    _, rows = markdown_rows(REPORTED / suite / "README.md", first)
    table = pd.read_csv(REPORTED / suite / "accuracy.csv").set_index(["manifold", "estimator"])
    assert {row[0] for row in rows} == set(table.index.get_level_values("manifold"))
    for manifold, truth, untrained, trained, _ in rows:
        for estimator, cell in (("untrained", untrained), ("score-svd", trained)):
            if (manifold, estimator) not in table.index:
                assert cell == "not run"
                continue
            groups = json.loads(table.loc[(manifold, estimator), "groups"])
            assert " and ".join(f"{group['truth']:g}" for group in groups) == truth
            assert " and ".join(f"{group['estimate']:g}" for group in groups) == cell
            # At every seed.
            assert all(group["seeds"] == seeds and not group["half_width"] for group in groups)


def test_the_figure_of_the_ablation_has_every_estimate_of_its_table_in_its_panel():
    from bench.figures.style import style
    from bench.studies.ablation import ablation_figure

    table = pd.read_csv(REPORTED / "studies" / "ablation.csv")
    with style():
        figure = ablation_figure(table)
        figure.draw_without_rendering()
    shown = []
    for axes in figure.axes:
        frame = axes.get_window_extent()
        for text in axes.texts:
            box = text.get_window_extent()
            assert frame.contains(box.x0, box.y0)
            assert frame.contains(box.x1, box.y1)
            shown.append(text.get_text())
    assert sorted(shown) == sorted(f"{estimate:g}" for estimate in table["reading"])
    (legend,) = figure.legends
    assert not any(legend.get_window_extent().overlaps(axes.bbox) for axes in figure.axes)
