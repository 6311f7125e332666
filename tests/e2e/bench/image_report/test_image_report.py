"""The report of real images, scikit-learn's digits through the real command line."""

import numpy as np
import pandas as pd
import pytest
from commandline import bench
from PIL import Image


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits") / "out"
    bench(
        "run", "--suite", "digits", "--preset", "smoke", "--n", 300, "--jobs", 2, "--out", folder,
        "--manifolds", "digits,digits-0,digits-1,digits-5",
        "--estimators", "mle-20,tle,lpca-local,twonn",
    )  # fmt: skip
    return folder


def test_the_spread_of_estimators_is_reported_for_each_sample(out):
    table = pd.read_csv(out / "image-spread.csv").set_index("manifold")
    assert list(table.index) == ["digits", "digits-0", "digits-1", "digits-5"]
    assert (table["estimators"] == 4).all()
    assert (table["least"] <= table["median"]).all()
    assert (table["median"] <= table["most"]).all()
    assert 3 < table.loc["digits", "median"] < 20


def test_classes_are_ranked_by_dimension_for_each_estimator(out):
    table = pd.read_csv(out / "image-classes.csv")
    assert set(table["label"]) == {0, 1, 5}
    for _, own in table.groupby("estimator"):
        assert sorted(own["rank"]) == [1, 2, 3]
        assert own.sort_values("estimate")["rank"].is_monotonic_increasing


def test_the_dimension_at_images_is_held_against_their_compression(out):
    table = pd.read_csv(out / "image-png-size.csv")
    # Global estimators read no single image.
    assert set(table["estimator"]) == {"mle-20", "tle", "lpca-local"}
    assert table["spearman"].between(-1, 1).all()
    assert table.set_index(["manifold", "estimator"]).loc[("digits", "mle-20"), "images"] == 300


def test_estimators_are_held_against_each_other_image_by_image(out):
    table = pd.read_csv(out / "image-agreement-digits.csv", index_col="estimator")
    assert np.allclose(np.diag(table), 1)
    # Two estimators from the same distances of the same neighbours.
    assert table.loc["mle-20", "tle"] > 0.5


def test_montages_and_figures_are_pictures(out):
    names = ["image-montage-digits", "image-agreement-digits", "image-classes"]
    for name in names:
        with Image.open(out / f"{name}.png") as picture:
            assert picture.width > 400
            assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_a_suite_of_known_dimension_has_no_such_report(tmp_path):
    bench(
        "run", "--suite", "images", "--preset", "smoke", "--n", 60, "--out", tmp_path / "out",
        "--manifolds", "gratings", "--estimators", "mle-5",
    )  # fmt: skip
    assert not list((tmp_path / "out").glob("image-*"))
