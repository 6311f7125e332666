"""The image suites through the real command line: what estimators get to see, what comes out."""

import numpy as np
import pandas as pd
from commandline import bench, rows

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


def test_estimators_get_the_shape_of_images_and_none_of_vectors(tmp_path):
    plugin = tmp_path / "shape.py"
    plugin.write_text(PLUGIN)
    for name, manifolds in (("images", "gratings"), ("digits", "digits-3"), ("euclidean", "line")):
        bench(
            "run", "--suite", name, "--preset", "smoke", "--n", 30, "--out", tmp_path / name,
            "--manifolds", manifolds, "--estimators", "says-shape", "--plugin", plugin,
        )  # fmt: skip
    results = [
        rows(tmp_path / name, "estimate")[0][0] for name in ("images", "digits", "euclidean")
    ]
    assert [round(100_000 * value) for value in results] == [11_617, 10_809, 1]


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
