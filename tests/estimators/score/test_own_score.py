"""Score functions of one's own: the right ones are read, others refused or not believed."""

import warnings

import numpy as np
import pytest
import torch
from exact_scores import AffineScore, MixtureScore

import estimators
from estimators.score.oracle import SphereScore

pytestmark = pytest.mark.usefixtures("one_thread")


def frame(ambient, dimension, generator):
    return np.linalg.qr(generator.standard_normal((ambient, dimension)))[0]


def normal(n=300, ambient=10, unit=1.0, scales=(1.0, 1.0, 1.0)):
    generator = np.random.default_rng(9)
    axes, own = frame(ambient, len(scales), generator), unit * np.array(scales)
    origin = np.full(ambient, 2.0 * unit)
    points = origin + generator.standard_normal((n, len(own))) * own @ axes.T
    score = AffineScore(*(torch.from_numpy(part).float() for part in (origin, axes, own)))
    return points, score


def uneven(n=300, ambient=10, unit=1.0):
    return normal(n, ambient, unit, scales=(2.0, 1.0, 0.4))


def sphere(n=300, ambient=10, unit=1.0):
    generator = np.random.default_rng(9)
    axes, z = frame(ambient, 4, generator), generator.standard_normal((n, 4))
    points = unit * z / np.linalg.norm(z, axis=1, keepdims=True) @ axes.T
    return points, SphereScore(torch.from_numpy(axes).float(), unit)


DISTRIBUTIONS = {"normal": normal, "uneven normal": uneven, "sphere": sphere}
SCORE_ESTIMATORS = ("score-svd", "flipd", "dsm", "lhsd")
every_distribution = pytest.mark.parametrize("distribution", ["uneven normal", "sphere"])


def fit(points, score, name="score-svd", **parameters):
    return estimators.get(name, score=score, queries=8, **parameters).fit(points)


def column(sigma):
    return sigma[:, None]


#: The mistake, applied to a right score, and the conversion that the message names.
MISTAKES = {
    "noise": (lambda f: lambda x, s: -column(s) * f(x, s), r"-f\(x, sigma\) / sigma\[:, None\],"),
    "sigma times": (lambda f: lambda x, s: column(s) * f(x, s), r": f\(x, sigma\) / sigma\["),
    "denoiser": (
        lambda f: lambda x, s: x + column(s) ** 2 * f(x, s),
        r"denoised points: \(f\(x, sigma\) - x\) / sigma\[:, None\]\*\*2",
    ),
    "sign": (lambda f: lambda x, s: -f(x, s), r"opposite sign: -f\(x, sigma\),"),
    "sigma^2 times": (lambda f: lambda x, s: column(s) ** 2 * f(x, s), r": f\(x, sigma\) / s.*\*2"),
    "-sigma^2 times": (
        lambda f: lambda x, s: -(column(s) ** 2) * f(x, s),
        r": -f\(x, sigma\) / sigma\[:, None\]\*\*2",
    ),
    "squared level": (lambda f: lambda x, s: f(x, s**2), r"score: f\(x, sigma\*\*0.5\)"),
    "variance": (lambda f: lambda x, s: f(x, s**0.5), r"variance.*: f\(x, sigma\*\*2\)"),
    "logarithm": (lambda f: lambda x, s: f(x, s.exp()), r": f\(x, sigma.log\(\)\)"),
}

#: What is no score of anything.
NO_SCORES = {
    "constant": (lambda f: lambda x, s: torch.ones_like(x), "the same values at all points"),
    "zeros": (lambda f: lambda x, s: 0 * x, "the same values at all points"),
    "NaN": (
        lambda f: lambda x, s: torch.where(column(s) < 0.06, torch.nan, f(x, s)),
        r"finite numbers, but does not at noise level sigma = 0.0.*give noise levels",
    ),
    "shape": (lambda f: lambda x, s: f(x, s)[:, :-1], r"shape of its points, \(65, 10\), not \("),
    "one point": (lambda f: lambda x, s: f(x, s)[0], "must return the shape of its points"),
    "none": (lambda f: lambda x, s: None, "a tensor or an array of numbers, not NoneType"),
    "words": (lambda f: lambda x, s: "score", "a tensor or an array of numbers, not str"),
    "complex": (lambda f: lambda x, s: f(x, s) * 1j, "real numbers, not torch.complex64"),
    "one level": (
        lambda f: lambda x, s: f(x, s) / s,
        r"failed: RuntimeError: .* float32 tensors of shapes \(65, 10\) and \(65,\)",
    ),
}


@every_distribution
@pytest.mark.parametrize("mistake", MISTAKES)
def test_another_convention_is_refused_with_the_way_out(distribution, mistake):
    points, score = DISTRIBUTIONS[distribution]()
    wrong, message = MISTAKES[mistake]
    with pytest.raises(ValueError, match=message):
        fit(points, wrong(score))


@pytest.mark.parametrize("mistake", NO_SCORES)
def test_what_is_no_score_of_anything_is_refused_with_the_way_out(mistake):
    points, score = uneven()
    wrong, message = NO_SCORES[mistake]
    with pytest.raises(ValueError, match=message):
        fit(points, wrong(score))


@pytest.mark.parametrize("name", SCORE_ESTIMATORS)
def test_every_score_estimator_refuses(name):
    points, score = sphere()
    with pytest.raises(ValueError, match="It seems to return the noise"):
        fit(points, MISTAKES["noise"][0](score), name)
    with pytest.raises(ValueError, match="seems to"):
        fit(points, MISTAKES["noise"][0](score), name, trust=False)


def test_standard_units_are_a_convention_too():
    points, score = normal(unit=50.0)
    mean = torch.from_numpy(points.mean(0)).float()

    def standard(y, t):
        return 50.0 * score(mean + 50.0 * y, 50.0 * t)

    with pytest.raises(ValueError, match=r"of \(x - mean\) / unit: \(f\(\(x - mean\) / unit, "):
        fit(points, standard, sigmas=(0.05, 0.1, 0.2))
    with pytest.raises(ValueError, match=r"noise level in units of the data.*f\(x, sigma / unit\)"):
        fit(points, lambda x, s: score(x, 50.0 * s))


#: Scores of nothing in particular.
UNKNOWN = {
    "half": lambda f: lambda x, s: f(x, s) / 2,
    "twice": lambda f: lambda x, s: f(x, s) * 2,
    "other level": lambda f: lambda x, s: f(x, 2 * s),
    "other unit": lambda f: lambda x, s: f(5 * x, s),
    "other place": lambda f: lambda x, s: f(x + 5, s),
    "points": lambda f: lambda x, s: x,
    "noise only": lambda f: lambda x, s: -x / column(s) ** 2,
}


@every_distribution
@pytest.mark.parametrize("mistake", UNKNOWN)
def test_what_no_convention_explains_is_not_reliable(distribution, mistake):
    points, score = DISTRIBUTIONS[distribution]()
    # Levels that are not left out are no more believed.
    with pytest.warns(UserWarning, match="at no noise level the score of these points"):
        fitted = fit(points, UNKNOWN[mistake](score), trust=mistake != "half")
    assert (fitted.details_["confidence"] == 0).all()


#: The score in the forms of other libraries.
FORMS = {
    "tensor": lambda f: f,
    "float64": lambda f: lambda x, s: f(x.double(), s.double()),
    "array": lambda f: lambda x, s: f(x, s).numpy(),
    "float64 array": lambda f: lambda x, s: f(x, s).numpy().astype(np.float64),
    "detached": lambda f: lambda x, s: f(x.detach(), s.detach()),
    "with gradient": lambda f: lambda x, s: f(x.clone().requires_grad_(), s),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["score-svd", "flipd"])
def test_the_right_score_is_reliable_in_every_form(form, name):
    points, score = uneven()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = fit(points, FORMS[form](score), name)
    assert fitted.dimension_ == pytest.approx(3, abs=0.2)
    assert (fitted.details_["confidence"] > 0.75).all()


@every_distribution
@pytest.mark.parametrize("unit", [1e-3, 30.0])
def test_the_right_score_is_reliable_in_every_unit(distribution, unit):
    points, score = DISTRIBUTIONS[distribution](unit=unit)
    fitted = fit(points, score)
    assert fitted.dimension_ == 3
    assert (fitted.details_["confidence"] > 0.75).all()
    with pytest.raises(ValueError, match="seems to return the noise"):
        fit(points, MISTAKES["noise"][0](score))


@pytest.mark.parametrize(("n", "ambient"), [(60, 10), (300, 100), (3000, 30)])
@every_distribution
def test_few_points_do_not_spoil_the_right_score(distribution, n, ambient):
    points, score = DISTRIBUTIONS[distribution](n=n, ambient=ambient)
    fitted = fit(points, score)
    assert fitted.dimension_ == 3
    assert np.median(fitted.details_["confidence"]) > 0.75


@pytest.mark.parametrize("n", [60, 150])
def test_the_linear_denoiser_of_few_points_is_no_better_than_the_right_score(n):
    # On its own points it would be, by far.
    points, score = normal(n=n, ambient=40, scales=(1.0,) * 40)
    fitted = fit(points, score)
    assert fitted.dimension_ == 40
    assert (fitted.details_["confidence"] > 0.75).all()


def test_each_part_of_a_union_has_its_dimension_with_the_right_score():
    generator = torch.Generator().manual_seed(5)
    components, points = [], []
    for index, dimension in enumerate((2, 6)):
        axes = torch.linalg.qr(torch.randn(12, dimension, generator=generator).double())[0]
        scales = torch.linspace(0.6, 1.5, dimension).double()
        components.append(AffineScore(torch.full((12,), 3.0 * index).double(), axes, scales))
        z = torch.randn(300, dimension, generator=generator, dtype=torch.float64) * scales
        points.append(components[-1].origin + z @ axes.T)
    union, score = torch.cat(points).numpy(), MixtureScore(components, [1.0, 1.0])
    fitted = fit(union, score)
    expected = np.where(fitted.query_ < 300, 2, 6)
    assert set(expected) == {2, 6}
    np.testing.assert_array_equal(fitted.dimension_pw_, expected)
    assert (fitted.details_["confidence"] > 0.75).all()
    with pytest.raises(ValueError, match="seems to return sigma times"):
        fit(union, MISTAKES["sigma times"][0](score))


def test_levels_at_which_a_score_is_wrong_are_left_out():
    points, score = sphere()
    fitted = fit(points, lambda x, s: torch.where(column(s) < 0.06, 3 * score(x, s), score(x, s)))
    assert fitted.details_["trusted"].tolist() == [
        bool(s > 0.06) for s in fitted.details_["sigmas"]
    ]
    assert fitted.dimension_ == 3


def test_as_many_rows_as_axes_do_not_hide_a_division_by_the_wrong_axis():
    points, score = normal(n=65, ambient=65)
    with pytest.raises(ValueError, match="the score function failed: RuntimeError"):
        fit(points, lambda x, s: score(x, s) * s)
