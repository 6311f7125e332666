"""Tables and montages of dimensions at images."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.datasets import load_digits

from bench.image_report import image_statistics
from bench.image_report.image_figures import montage
from bench.image_report.pointwise import PointwiseEstimates, as_pictures, png_sizes


def record_of(dimension, images, estimator="mle"):
    return PointwiseEstimates(
        "set", estimator, images, np.asarray(dimension, float), np.arange(len(images))
    )


def test_the_correlation_with_png_size_is_spearman_s():
    images = load_digits().images[:80, None] / 16
    dimension = np.random.default_rng(0).random(80)
    (row,) = image_statistics.compression([record_of(dimension, images)]).to_dict("records")
    assert row["spearman"] == pytest.approx(spearmanr(dimension, png_sizes(images)).statistic)
    sizes = png_sizes(images)
    (row,) = image_statistics.compression([record_of(sizes, images)]).to_dict("records")
    assert row["spearman"] == pytest.approx(1)


def test_a_montage_shows_the_lowest_and_the_highest():
    images = np.zeros((60, 1, 4, 4)) + np.linspace(0, 1, 60)[:, None, None, None]
    dimension = np.arange(60)
    figure = montage([record_of(dimension, images)], "set")
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
