"""What a run says of real images, on scikit-learn's digits through the real command line."""

import numpy as np
import pandas as pd
import pytest
from commandline import bench
from PIL import Image
from scipy.stats import spearmanr
from sklearn.datasets import load_digits

from bench.image_report import image_statistics
from bench.image_report.image_figures import montage
from bench.image_report.pointwise import PointwiseEstimates, as_pictures, png_sizes


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits") / "out"
    bench(
        "run", "--suite", "digits", "--preset", "smoke", "--n", 300, "--jobs", 2, "--out", folder,
        "--manifolds", "digits,digits-0,digits-1,digits-5",
        "--estimators", "mle-20,tle,lpca-local,twonn",
    )  # fmt: skip
    return folder


def test_the_spread_of_estimators_is_told_for_each_sample(out):
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


def estimates_of(dimension, images, estimator="mle"):
    return PointwiseEstimates(
        "set", estimator, images, np.asarray(dimension, float), np.arange(len(images))
    )


def test_the_correlation_with_png_size_is_spearman_s():
    images = load_digits().images[:80, None] / 16
    dimension = np.random.default_rng(0).random(80)
    (row,) = image_statistics.compression([estimates_of(dimension, images)]).to_dict("records")
    assert row["spearman"] == pytest.approx(spearmanr(dimension, png_sizes(images)).statistic)
    sizes = png_sizes(images)
    (row,) = image_statistics.compression([estimates_of(sizes, images)]).to_dict("records")
    assert row["spearman"] == pytest.approx(1)


def test_a_montage_shows_the_lowest_and_the_highest():
    images = np.zeros((60, 1, 4, 4)) + np.linspace(0, 1, 60)[:, None, None, None]
    dimension = np.arange(60)
    figure = montage([estimates_of(dimension, images)], "set")
    lowest, highest = (axes.images[0].get_array() for axes in figure.axes[:2])
    assert lowest[0, 0] == 0
    assert highest[0, 0] == 255
    assert "lowest: 0 to 23" in figure.axes[0].get_title()
    assert "highest: 36 to 59" in figure.axes[1].get_title()


def test_pictures_keep_the_brightness_of_ordinary_images_and_fit_others():
    assert as_pictures(np.full((1, 1, 2, 2), 0.5))[0, 0, 0] == 128
    wide = np.array([[-1.0, 3.0]]).reshape(1, 1, 1, 2)
    assert as_pictures(wide).ravel().tolist() == [0, 255]
    assert as_pictures(np.zeros((2, 3, 4, 5))).shape == (2, 4, 5, 3)
    assert as_pictures(np.zeros((2, 2, 4, 5))).shape == (2, 4, 5)


def test_rankings_that_all_agree_have_a_concordance_of_1_and_opposite_ones_of_0():
    ranks = pd.DataFrame(
        [
            {"set": "s", "label": label, "estimator": name, "rank": rank}
            for name, order in (("a", [1, 2, 3]), ("b", [1, 2, 3]))
            for label, rank in enumerate(order)
        ]
    )
    assert image_statistics.concordance(ranks)["s"] == pytest.approx(1)
    ranks.loc[ranks["estimator"] == "b", "rank"] = [3, 2, 1]
    assert image_statistics.concordance(ranks)["s"] == pytest.approx(0)
