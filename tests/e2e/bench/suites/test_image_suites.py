"""The image suites through the real command line: what estimators get to see, what comes out."""

import numpy as np
import pandas as pd
import pytest
from commandline import bench, rows

from bench.engine import plan
from bench.suites import schema

UNTRAINED = "untrained"

PLUGIN = """
import numpy as np
import estimators


@estimators.register("says-shape")
class SaysShape:
    '''Its answer, at most 1, has the digits of the shape that it is given.'''

    def __init__(self, image_shape=None):
        self.image_shape = image_shape

    def fit(self, X, y=None):
        channels, height, width = self.image_shape or (0, 0, 0)
        self.dimension_ = (1 + 10_000 * channels + 100 * height + width) / 100_000
        return self
"""


def test_the_runner_tells_estimators_the_shape_of_images_and_nothing_of_vectors(tmp_path):
    plugin = tmp_path / "shape.py"
    plugin.write_text(PLUGIN)
    for name, manifolds in (("images", "gratings"), ("digits", "digits-3"), ("euclidean", "line")):
        bench(
            "run", "--suite", name, "--preset", "smoke", "--n", 30, "--out", tmp_path / name,
            "--manifolds", manifolds, "--estimators", "says-shape", "--plugin", plugin,
        )  # fmt: skip
    found = [rows(tmp_path / name, "estimate")[0][0] for name in ("images", "digits", "euclidean")]
    assert [round(100_000 * value) for value in found] == [11_617, 10_809, 1]


def test_a_run_of_images_has_tables_with_the_truth(tmp_path):
    bench(
        "run", "--suite", "images", "--preset", "smoke", "--out", tmp_path / "out", "--jobs", 2,
        "--estimators", "lpca-global,ppca,twonn,mle-5",
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "out" / "accuracy.csv").set_index(["manifold", "estimator"])
    assert table.loc[("squares-10", "ppca"), "estimate"] == 10
    assert table.loc[("squares-10", "lpca-global"), "exact"]
    assert (table["status"] == "ok").all()
    truths = table.groupby("manifold")["truth"].first()
    assert dict(truths) == {"squares-10": 10, "blobs-10": 10, "gratings": 3}
    assert np.isfinite(table["mean_relative_error"]).all()


def test_readings_of_one_model_are_trained_alike_in_every_suite_and_preset():
    """Else each would train a model of its own."""
    training = ("steps", "batch", "width", "blocks", "check_every", "network", "levels", "recipe")
    for name in schema.names():
        for preset in schema.PRESETS:
            cells = plan.build(schema.load(name), preset)
            told = {
                (cell.sample_key, *(str(cell.estimator_parameters[part]) for part in training))
                for cell in cells
                if cell.estimator_name in {"score-svd", "flipd", "dsm", "lhsd"}
                and cell.estimator != UNTRAINED
            }
            samples = {key for key, *_ in told}
            assert len(told) == len(samples), f"{name} at {preset}"


@pytest.mark.parametrize("name", ["readings", "images", "stanczuk2024"])
def test_untrained_is_the_read_out_of_score_svd_without_a_training_step(name):
    """At quick, whose numbers are reported: else they would differ in more than training."""
    cells = plan.build(schema.load(name), "quick", estimator_patterns=["score-svd", UNTRAINED])
    found = {
        label: {
            (
                c.sample_key,
                *sorted((k, str(v)) for k, v in c.estimator_parameters.items() if k != "steps"),
            )
            for c in cells
            if c.estimator == label
        }
        for label in ("score-svd", UNTRAINED)
    }
    assert found[UNTRAINED] == found["score-svd"]
    assert {c.estimator_parameters["steps"] for c in cells if c.estimator == UNTRAINED} == {0}
