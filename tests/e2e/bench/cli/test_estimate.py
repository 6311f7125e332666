"""`python -m bench estimate`: the dimension of one's own points, through the real command line."""

import json

import numpy as np
import pandas as pd
import pytest
from commandline import bench
from PIL import Image
from sklearn.datasets import load_digits

import manifolds
from bench.estimation.caveats import caveats, estimator_caveats, load_evidence, point_caveats
from manifolds.datasets.reading import LoadedPoints

FAST = "mle,twonn,mom"


@pytest.fixture(scope="module")
def sphere(tmp_path_factory):
    """A file of 600 points of a 4-sphere in R^12, and the answer for it as JSON."""
    folder = tmp_path_factory.mktemp("sphere")
    points = manifolds.get("sphere", dimension=4, ambient=12).sample(600, seed=0).points
    np.save(folder / "points.npy", points)
    done = bench(
        "estimate", folder / "points.npy", "--estimators", FAST, "--halves", 6, "--jobs", 2,
        "--out", folder / "out", "--json",
    )  # fmt: skip
    return folder, json.loads(done.stdout)


def test_the_same_points_have_the_same_interval_wherever_they_lie(sphere, tmp_path):
    folder, found = sphere
    moved = tmp_path / "elsewhere.npy"
    moved.write_bytes((folder / "points.npy").read_bytes())
    done = bench(
        "estimate", moved, "--estimators", "twonn", "--halves", 6, "--jobs", 2,
        "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    (again,) = json.loads(done.stdout)["estimates"]
    (before,) = (row for row in found["estimates"] if row["estimator"] == "twonn")
    assert (again["low"], again["high"]) == (before["low"], before["high"])


def test_every_estimator_answers_with_an_interval_over_halves(sphere):
    _, found = sphere
    assert (found["n"], found["ambient"], found["shape"]) == (600, 12, [12])
    estimates = {row["estimator"]: row for row in found["estimates"]}
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
    assert found["median"] == pytest.approx(4, abs=0.5)


def test_table_figure_and_caveats_are_written(sphere):
    folder, found = sphere
    table = pd.read_csv(folder / "out" / "estimate.csv")
    assert list(table["estimator"]) == [row["estimator"] for row in found["estimates"]]
    with Image.open(folder / "out" / "estimate.png") as picture:
        assert picture.width > 600
    lines = (folder / "out" / "caveats.txt").read_text().splitlines()
    assert len(lines) == len(found["caveats"])


def test_the_same_command_again_fits_nothing_and_says_the_same(sphere):
    folder, found = sphere
    done = bench(
        "estimate", folder / "points.npy", "--estimators", FAST, "--halves", 6,
        "--out", folder / "out",
    )  # fmt: skip
    assert "[1/" not in done.stdout
    for row in found["estimates"]:
        assert f"{row['estimate']:.2f}" in done.stdout
    assert "another sample (95 %)" in done.stdout
    assert found["intervals"] in " ".join(done.stdout.split())


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
    found = json.loads(done.stdout)
    rows = {row["estimator"]: row for row in found["estimates"]}
    assert rows["mle"]["interval"] == "2 halves"
    # Its points are of one sample, and no replicates of it.
    assert (rows["short-svd"]["interval"], rows["short-svd"]["low"]) == ("", None)
    assert rows["short-svd"]["confidence"] is not None
    assert any("take few values (at most 17)" in row["text"] for row in found["caveats"])
    # What is said of any set of images is said of these.
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
def test_what_is_wrong_is_said_and_nothing_is_run(tmp_path, arguments, message):
    for name, rows in (("few", 8), ("small", 30), ("points", 50)):
        np.save(tmp_path / f"{name}.npy", np.random.default_rng(0).random((rows, 3)))
    done = bench(
        "estimate", tmp_path / arguments[0], *arguments[1:], "--out", tmp_path / "out", check=2
    )  # fmt: skip
    assert message in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()


def answer(estimator="mle", estimate=9.0, half=9.0, confidence=np.nan):
    return pd.DataFrame(
        [{"estimator": estimator, "estimate": estimate, "half_estimate": half,
          "confidence": confidence}]
    )  # fmt: skip


def test_estimators_that_failed_on_similar_manifolds_are_told_with_the_reason():
    known = load_evidence()
    assert {"euclidean", "images", "sample-size"} <= set(known["suite"])
    (told,) = estimator_caveats((10_000, 100), answer("mle", 45.0, 45.0), known)
    assert "most on 50-sphere" in told.text
    assert "it reads too little" in told.text
    # Nothing was seen to fail in few dimensions.
    assert estimator_caveats((10_000, 100), answer("twonn", 2.0, 2.0), known) == []


def test_unions_are_compared_part_by_part():
    known = load_evidence()
    union = known[known["manifold"] == "union-10-30"].set_index(["estimator", "truth"])["estimate"]
    assert (union["score-svd", 10], union["score-svd", 30]) == (10, 30)
    assert set(union.index.unique("truth")) == {10, 30}
    # Right on both parts, which are the only ones of few that are like this.
    few = known[known["manifold"].isin(["union-10-30", "10-sphere"])]
    for dimension in (10.0, 25.0):
        told = estimator_caveats((10_000, 100), answer("score-svd", dimension, dimension), few)
        assert told == []
    (told,) = estimator_caveats((10_000, 100), answer("twonn", 25.0, 25.0), few)
    assert "on 1 of 1 samples or parts of unions" in told.text
    assert "most on union-10-30 (14.22 of 30, n = 10000)" in told.text


def test_parts_of_unions_in_one_s_own_runs_are_read_from_their_tables(tmp_path):
    parts = [{"truth": 10, "weight": 0.5, "estimate": 11}, {"truth": 30, "estimate": 29}]
    whole = [{"truth": 2, "weight": 1.0, "estimate": 2.5}]
    unknown = [{"truth": None, "weight": 1.0, "estimate": 2.5}]
    pd.DataFrame(
        [{"manifold": name, "estimator": "mle", "truth": truth, "estimate": estimate,
          "ambient": 5, "n": 400, "groups": json.dumps(groups)}
         for name, truth, estimate, groups in (
             ("union", 20.0, 12.0, parts), ("plane", 2.0, 2.5, whole),
             ("images", np.nan, 2.5, unknown), ("failed", 3.0, np.nan, []))]
    ).to_csv(tmp_path / "accuracy.csv")  # fmt: skip
    known = load_evidence([tmp_path])
    own = known[known["suite"] == "accuracy"]
    assert own[["manifold", "truth", "estimate"]].to_numpy().tolist() == [
        ["union", 10, 11], ["union", 30, 29], ["plane", 2, 2.5]
    ]  # fmt: skip


def test_where_the_suites_have_been_nowhere_near_that_is_told():
    (told,) = estimator_caveats((10**6, 3), answer(estimate=2.0, half=2.0), load_evidence())
    assert told.estimator == ""
    assert "no records near n = 1000000, D = 3" in told.text


def test_an_answer_that_changes_with_n_or_is_unsure_is_told():
    known = load_evidence()
    told = estimator_caveats((10_000, 100), answer("twonn", 2.4, 2.0), known)
    assert [c.text for c in told] == [
        "still changes with n: 2.00 on half of the points, 2.40 on all"
    ]
    (caveat,) = estimator_caveats((10_000, 100), answer("twonn", 2.0, 2.0, 0.1), known)
    assert "confidence is low (0.10)" in caveat.text


def own(points, shape=None):
    return LoadedPoints(points, shape or points.shape[1:])


def test_what_the_points_themselves_say_is_told():
    rng = np.random.default_rng(0)
    points = rng.integers(0, 4, (100, 4)).astype(float)
    points[:, 1] = 1
    points[:, 2] *= 1000
    points[:, 3] = 0.25 * (np.arange(100) % 2)
    texts = " ".join(c.text for c in point_caveats(own(points), answer(estimate=30.0)))
    assert "points are duplicates of others" in texts
    assert "columns 0, 2, 3 take few values (at most 4)" in texts
    assert "1 of 4 columns are constant" in texts
    assert "fewer than ten for each of the 30 dimensions" in texts
    assert "the columns vary over 0.25 to 3e+03" in texts
    counted = np.column_stack([np.arange(50), rng.random((50, 2))])
    assert "column 0 (from 0) counts the rows" in " ".join(
        c.text for c in point_caveats(own(counted), answer(estimate=2.0))
    )


def test_ordinary_points_of_a_kind_that_the_suites_know_have_no_caveats():
    points = np.random.default_rng(0).random((5000, 20))
    assert caveats(own(points), answer("twonn", 2.0, 2.0), load_evidence()) == []


def test_records_of_one_s_own_runs_count_too(tmp_path):
    pd.DataFrame(
        [{"manifold": "mine", "estimator": "mle", "truth": 3.0, "estimate": 9.0, "ambient": 5,
          "n": 400}]
    ).to_csv(tmp_path / "accuracy.csv")  # fmt: skip
    told = estimator_caveats((500, 5), answer(estimate=3.0, half=3.0), load_evidence([tmp_path]))
    assert any("mine (9.00 of 3, n = 400)" in caveat.text for caveat in told)


def test_where_no_estimator_has_an_answer_the_exit_code_says_so(tmp_path):
    np.save(tmp_path / "flat.npy", np.random.default_rng(0).random((60, 1)))
    done = bench(
        "estimate", tmp_path / "flat.npy", "--estimators", "lpca-local", "--halves", 0,
        "--out", tmp_path / "out", check=1,
    )  # fmt: skip
    assert "lpca-local: failed:" in done.stdout
    assert not (tmp_path / "out" / "estimate.png").exists()
    assert json.loads((tmp_path / "out" / "estimate.json").read_text())["median"] is None


def test_results_do_not_go_among_the_images(tmp_path):
    for index in range(20):
        Image.fromarray(np.full((4, 4), index, dtype=np.uint8)).save(tmp_path / f"{index}.png")
    done = bench("estimate", tmp_path, "--halves", 0, "--out", tmp_path / "out", check=2)
    assert "results must not go into the folder of images" in " ".join(done.stderr.split())
