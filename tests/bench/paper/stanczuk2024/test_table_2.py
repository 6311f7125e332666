"""Table 2 of Stanczuk et al. 2024: which sizes and which networks its cells are of."""

import pandas as pd
import pytest
from rich.console import Console

from bench.engine import plan
from bench.paper import published
from bench.paper.publication import Material
from bench.paper.publications.stanczuk2024 import table_2
from bench.suites import schema

IMAGES = [row for row in table_2.ROWS if row.startswith(("squares", "blobs"))]


def table(preset, folder):
    """The table of synthetic records: the estimates of all cells of the item are 1."""
    cells = [
        cell
        for expected in table_2.TABLE_2.cells
        if preset in expected.presets
        for cell in plan.build(
            schema.load(expected.suite or table_2.SUITE),
            preset,
            manifold_patterns=expected.manifolds,
            estimator_patterns=expected.estimators,
        )
    ]
    records = pd.DataFrame(
        {
            **{"manifold": c.manifold, "estimator": c.estimator, "n": c.n, "seed": c.seed},
            **{"status": "ok", "estimate": 1.0, "message": ""},
        }
        for c in cells
    )
    numbers = published.path_of("stanczuk2024")
    return table_2.table(
        Material(
            *(records, folder, published.read(numbers), folder, preset, False, Console()),
            published.read_known(numbers),
        )
    )


@pytest.mark.parametrize("preset", schema.PRESETS)
def test_baselines_are_compared_at_the_size_that_the_score_is_trained_on(preset, tmp_path):
    result = table(preset, tmp_path)
    for row in table_2.ROWS:
        sizes = {
            result.cell(row, column).ours.n
            for column in ("score SVD", *table_2.BASELINES, "untrained")
        }
        assert len(sizes - {None}) == 1, row


@pytest.mark.parametrize("preset", ["quick", "full"])
def test_every_baseline_on_images_says_that_its_second_size_was_inferred(preset, tmp_path):
    result = table(preset, tmp_path)
    for cell in result.cells:
        on_images = cell.row in IMAGES and cell.column in table_2.BASELINES
        assert (cell.inferred is not None) == on_images
        if on_images:
            n = 8000 if cell.row.endswith("100") else 4000
            assert cell.inferred.n == n
            assert cell.ours.n == (10_000 if preset == "quick" else 50_000)
            assert cell.texts[-1].endswith(f"(n = {n}, inferred)")
    assert any("were inferred from the published" in remark for remark in result.remarks)


def test_smoke_whose_sizes_are_smaller_shows_no_inferred_ones(tmp_path):
    assert not any(cell.inferred for cell in table("smoke", tmp_path).cells)


def test_the_untrained_score_stands_beside_the_published_columns_without_a_verdict(tmp_path):
    result = table("quick", tmp_path)
    assert result.columns[-1] == "untrained"
    own = [cell for cell in result.cells if cell.column == "untrained"]
    assert [cell.ours.text for cell in own] == ["1 (3 of 3 seeds)"] * 9 + ["–"]
    assert all(cell.published is None and cell.verdict is None for cell in own)
