"""Points that pass for normal, of which nothing is learned, and those that do not."""

import numpy as np
import pytest

import estimators
import manifolds
from estimators.score.normality import is_normal

RNG = np.random.default_rng(0)


def normal(n, r, ambient=None, scales=1.0):
    points = RNG.standard_normal((n, r)) * scales
    frame = np.linalg.qr(RNG.standard_normal((ambient or r, r)))[0]
    return points @ frame.T + 5


@pytest.mark.parametrize(
    "points",
    [
        normal(500, 2),
        normal(2000, 5, 30, np.geomspace(1, 1e-3, 5)),
        normal(2000, 100),
        normal(2000, 190, 2500),
    ],
    ids=["plane", "thin", "wide", "in many dimensions"],
)
def test_normal_points_pass_whatever_their_covariance(points):
    assert is_normal(points)
    assert is_normal(1e200 * points)


def cone(n):
    """Clifford tori of four circles, of radii that give |x|^4 the mean that normal points have."""
    angles = RNG.uniform(0, 2 * np.pi, (n, 4))
    radius = np.sqrt(RNG.chisquare(8, n) / 4)[:, None]
    return radius * np.hstack([np.cos(angles), np.sin(angles)])


def parabola(n):
    """Normal points, of which one coordinate's part is another one's square."""
    points = RNG.standard_normal((n, 4))
    points[:, 0] = 0.95 * points[:, 0] + 0.2 * points[:, 1] ** 2
    return points


OTHERS = {
    "sphere": manifolds.get("sphere", dimension=40).sample(2500, 0).points,
    "cube": manifolds.get("hypercube", dimension=28).sample(500, 0).points,
    "union": manifolds.get("sphere-union", dimensions=(1, 5), ambient=30).sample(500, 0).points,
    "cone": cone(2000),
    "parabola": parabola(2000),
    "mixture": np.vstack([normal(700, 5, 40), normal(700, 5, 40)]),
    "heavy": RNG.standard_t(9, (2000, 5)),
    "few": normal(100, 20),
}


@pytest.mark.parametrize("name", OTHERS)
def test_others_do_not_pass(name):
    assert not is_normal(OTHERS[name])


def test_each_statistic_is_needed():
    # The cone has the mean of |z|^4 of normal points, and no third moments; the parabola no more
    # than third ones that tell it; the sphere only the first.
    from estimators.score import normality

    for name, statistic in (("sphere", "kurtosis"), ("cone", "fourth"), ("parabola", "third")):
        z = normality._whitened(OTHERS[name])
        n, r = z.shape
        kurtosis = np.square(np.square(z).sum(1)).mean() - r * (r + 2)
        third, fourth = normality._moments(z)
        found = {
            "kurtosis": abs(kurtosis) / np.sqrt(8 * r * (r + 2) / n),
            "third": abs(third),
            "fourth": abs(fourth),
        }
        assert max(found, key=found.get) == statistic, name


@pytest.mark.parametrize("name", ["score-svd", "flipd", "dsm", "lhsd"])
def test_nothing_is_learned_of_normal_points(name):
    found = estimators.get(name, device="cpu", queries=6, cache=False).fit(normal(1500, 7, 300))
    np.testing.assert_allclose(found.dimension_pw_, 7, rtol=0.02)
    assert found.details_["steps"] == 0
    assert (found.details_["confidence"] > 0.9).all()
