"""Options of `python -m bench estimate` for tables and images, through the real command line."""

import re

import numpy as np
import pandas as pd
import pytest
from commandline import bench
from PIL import Image

from manifolds.datasets.reading import read_points

FAST = "mle,mle(neighbors=7, aggregate=mean),lpca-global"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with two tables of one name: a plane in a/, three dimensions in b/."""
    folder = tmp_path_factory.mktemp("work")
    rng = np.random.default_rng(0)
    for name, dimension in (("a", 2), ("b", 3)):
        (folder / name).mkdir()
        points = rng.random((120, dimension)) @ rng.standard_normal((dimension, 5))
        table = pd.DataFrame(points, columns=list("vwxyz")).assign(kind=np.arange(120) % 3)
        table.to_csv(folder / name / "data.csv")
    return folder


@pytest.fixture(scope="module")
def done(work):
    return [
        bench(
            "estimate", f"{name}/data.csv", "--estimators", FAST, "--halves", 3, "--jobs", 1,
            "--drop", "kind", *more, cwd=work,
        )
        for name, more in (("a", ()), ("b", ("--n", 60, "--standardize")))
    ]  # fmt: skip


def test_files_of_one_name_do_not_overwrite_each_other_s_results(work, done):
    for name, dimension in (("data.csv", 2), ("b-data.csv", 3)):
        table = pd.read_csv(work / "results" / f"estimate-{name}" / "estimate.csv")
        assert table.set_index("estimator").loc["lpca-global", "estimate"] == dimension


def test_halves_are_one_line_with_a_count_and_the_index_is_named(done):
    text = done[0].stdout
    assert "half-" not in text
    assert text.count("9 estimates on 3 halves, for the intervals\n") == 1
    assert len(re.findall(r"^\[\d+/12", text, re.MULTILINE)) == 3
    assert "column 'Unnamed: 0' has no name of its own" in " ".join(text.split())


def test_the_dimension_at_each_point_is_a_table(work, done):
    table = pd.read_csv(work / "results" / "estimate-data.csv" / "estimate-points.csv")
    assert list(table.columns) == ["row", "mle", "mle-7-mean"]
    assert table["row"].tolist() == list(range(120))
    assert table.notna().all(axis=None)
    assert "estimate-points.csv" in done[0].stdout
    arrays = pd.read_csv(work / "results" / "estimate-b-data.csv" / "estimate-points.csv")
    rows = read_points(work / "b" / "data.csv", drop=["kind"], rows=60).rows
    assert arrays["row"].tolist() == rows.tolist() != list(range(60))


def test_subsampled_rows_and_scaled_columns_are_reported(done):
    assert "b/data.csv: 60 points of 5 coordinates" in done[1].stdout
    text = " ".join(done[1].stdout.split())
    assert "60 of 120 distinct rows were used, drawn at random (seed 0)" in text
    assert "each column was brought to mean 0 and variance 1" in text


def test_a_dry_run_says_what_would_be_run_and_its_cost_and_runs_nothing(work, tmp_path):
    output = bench(
        "estimate", work / "a" / "data.csv", "--estimators", FAST, "--halves", 4, "--dry-run",
        "--columns", "v-y", cwd=tmp_path, COLUMNS="100",
    )  # fmt: skip
    text = " ".join(output.stdout.split())
    assert "120 points of 4 coordinates" in text
    assert "15 of 15 cells to run, about " in text
    assert "mle-7-mean" in text
    assert "nothing was run" in text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--columns", "v,kinds"], "has no column 'kinds'; did you mean 'kind'?"),
        (["--estimators", "mle(neighbours=5)"], "'neighbours'; did you mean 'neighbors'?"),
        (["--out", "a/data.csv"], "--out names a file"),
        (["--out", "a/data.csv/x", "--estimators", "mle"], "results need a folder"),
    ],
)
def test_an_invalid_argument_is_an_error(work, arguments, message):
    output = bench("estimate", "a/data.csv", "--halves", 0, *arguments, cwd=work, check=2)
    assert message in " ".join(output.stderr.split())


def test_folders_of_images_make_the_table_of_classes(tmp_path):
    rng = np.random.default_rng(0)
    for name, colours in (("cats and dogs", 3), ("birds", 1), ("few", 3)):
        folder = tmp_path / "images" / name
        folder.mkdir(parents=True)
        for index in range(5 if name == "few" else 24):
            shape = (5, 5, 3) if colours == 3 else (5, 5)
            pixels = rng.integers(0, 256, shape, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{index}.png")
    output = bench(
        "estimate", tmp_path / "images", "--estimators", "mle,twonn", "--halves", 0, "--jobs", 1,
        cwd=tmp_path,
    )  # fmt: skip
    out = tmp_path / "results" / "estimate-images"
    table = pd.read_csv(out / "image-classes.csv")
    assert set(table["label"]) == {"cats and dogs", "birds"}
    assert set(table["estimator"]) == {"mle", "twonn"}
    assert set(table["set"]) == {"images"}
    text = " ".join(output.stdout.split())
    assert "24 of 53 images are grey, beside images in colour" in text
    assert "1 of 3 folders have fewer than 20 distinct images" in text
    assert (
        "classes of images, from low to high dimension: " in (out / "image-summary.txt").read_text()
    )
    # All points have one estimate; classes are no rows beside it.
    assert list(pd.read_csv(out / "estimate.csv")["estimator"].sort_values()) == ["mle", "twonn"]
    points = pd.read_csv(out / "estimate-points.csv")
    assert points["name"][0] == "birds/0.png"
