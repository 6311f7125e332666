"""`python -m bench estimate`: the dimension of one's own points, through the real command line."""

import json

import numpy as np
import pytest
from commandline import bench
from PIL import Image
from sklearn.datasets import load_digits

import manifolds

FAST = "mle,twonn,mom"


@pytest.fixture(scope="module")
def sphere(tmp_path_factory):
    """A file of 600 points of a 4-sphere in R^12, and its estimates as JSON."""
    folder = tmp_path_factory.mktemp("sphere")
    points = manifolds.get("sphere", dimension=4, ambient=12).sample(600, seed=0).points
    np.save(folder / "points.npy", points)
    done = bench(
        "estimate", folder / "points.npy", "--estimators", FAST, "--halves", 6, "--jobs", 2,
        "--out", folder / "out", "--json",
    )  # fmt: skip
    return folder, json.loads(done.stdout)


def test_the_same_points_have_the_same_interval_wherever_they_lie(sphere, tmp_path):
    folder, result = sphere
    moved = tmp_path / "elsewhere.npy"
    moved.write_bytes((folder / "points.npy").read_bytes())
    done = bench(
        "estimate", moved, "--estimators", "twonn", "--halves", 6, "--jobs", 2,
        "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    (again,) = json.loads(done.stdout)["estimates"]
    (before,) = (row for row in result["estimates"] if row["estimator"] == "twonn")
    assert (again["low"], again["high"]) == (before["low"], before["high"])


def test_every_estimator_has_an_interval_over_halves(sphere):
    _, result = sphere
    assert (result["n"], result["ambient"], result["shape"]) == (600, 12, [12])
    estimates = {row["estimator"]: row for row in result["estimates"]}
    assert set(estimates) == set(FAST.split(","))
    for row in estimates.values():
        assert row["status"] == "ok"
        assert row["interval"] == "6 halves"
        assert 3.2 < row["estimate"] < 4.8
        assert row["low"] < row["estimate"] < row["high"]
        # As far to either side in the logarithm; six halves of 300 points: a factor of 2.5.
        assert row["high"] / row["estimate"] == pytest.approx(
            row["estimate"] / row["low"], rel=1e-4
        )
        assert row["high"] / row["low"] < 2.5
    assert result["median"] == pytest.approx(4, abs=0.5)


def test_a_folder_of_images_is_estimated_and_a_score_model_has_no_interval(tmp_path):
    for index, image in enumerate(load_digits().images[:150]):
        pixels = (image * 15).astype(np.uint8)
        (tmp_path / "images").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "images" / f"{index:03d}.png")
    plugin = tmp_path / "short.py"
    plugin.write_text(
        "import attrs, estimators\n"
        "from estimators.score.base import DECLARED\n"
        "from estimators.score.svd import ScoreSVD\n"
        "@estimators.register('short-svd', **DECLARED)\n"
        "@attrs.define(kw_only=True, slots=False)\n"
        "class Short(ScoreSVD):\n"
        "    '''A short training.'''\n"
        "    steps: int = 60\n    batch: int = 64\n    width: int = 64\n    queries: int = 6\n"
    )
    done = bench(
        "estimate", tmp_path / "images", "--estimators", "mle,short-svd", "--halves", 2,
        "--plugin", plugin, "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    assert "150 images of 1 x 8 x 8" in done.stderr
    result = json.loads(done.stdout)
    rows = {row["estimator"]: row for row in result["estimates"]}
    assert rows["mle"]["interval"] == "2 halves"
    # Its points are of one sample, and no replicates of it.
    assert (rows["short-svd"]["interval"], rows["short-svd"]["low"]) == ("", None)
    assert rows["short-svd"]["confidence"] is not None
    assert any("take few values (at most 17)" in row["text"] for row in result["caveats"])
    # As in the report of any set of images.
    assert (tmp_path / "out" / "image-png-size.csv").exists()
    assert (tmp_path / "out" / "image-montage-all.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.npy"], "absent.npy does not exist"),
        (["few.npy"], "has 8 rows of 3 columns; an estimate needs at least 20"),
        (
            ["small.npy"],
            "has 30 distinct rows: halves need at least 40; ask for none with --halves 0",
        ),
        (["points.npy", "--halves", "1"], "halves must be 0, for no intervals, or at least 2"),
        (["points.npy", "--estimators", "mel"], "unknown estimator 'mel'; did you mean 'mle'?"),
        (["points.npy", "--array", "x"], "--array names an array of an .npz file"),
        (["points.npy", "--records", "nowhere"], "is no accuracy table of a run"),
    ],
)
def test_an_error_is_printed_and_nothing_is_run(tmp_path, arguments, message):
    for name, rows in (("few", 8), ("small", 30), ("points", 50)):
        np.save(tmp_path / f"{name}.npy", np.random.default_rng(0).random((rows, 3)))
    done = bench(
        "estimate", tmp_path / arguments[0], *arguments[1:], "--out", tmp_path / "out", check=2
    )  # fmt: skip
    assert message in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()


def test_the_exit_code_is_an_error_where_no_estimator_has_an_estimate(tmp_path):
    np.save(tmp_path / "flat.npy", np.random.default_rng(0).random((60, 1)))
    done = bench(
        "estimate", tmp_path / "flat.npy", "--estimators", "lpca-local", "--halves", 0,
        "--out", tmp_path / "out", check=1,
    )  # fmt: skip
    assert "lpca-local: failed:" in done.stdout
    assert done.stderr.splitlines()[-1].startswith("error: no estimator gave an answer")
    assert not (tmp_path / "out" / "estimate.png").exists()
    assert json.loads((tmp_path / "out" / "estimate.json").read_text())["median"] is None
