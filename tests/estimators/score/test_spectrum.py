import pytest
import torch
from exact_scores import AffineScore

from estimators.score.oracle import SphereScore
from estimators.score.spectrum import orthogonal_directions, score_spectra, singular_values


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def sphere(k, ambient=100):
    frame = torch.linalg.qr(torch.randn(ambient, k + 1, generator=generator()).double())[0]
    own = torch.randn(5, k + 1, generator=generator(1)).double()
    return SphereScore(frame), (own / own.norm(dim=1, keepdim=True)) @ frame.T


@pytest.mark.parametrize("shape", [(3, 40, 10), (2, 100, 100), (1, 8, 5)])
def test_singular_values_are_those_of_the_decomposition(shape):
    matrices = torch.randn(shape, generator=generator(), dtype=torch.float64)
    torch.testing.assert_close(
        singular_values(matrices), torch.linalg.svdvals(matrices), rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("smallest", [1e-1, 1e-3, 1e-4])
def test_small_singular_values_keep_five_digits(smallest):
    left = torch.linalg.qr(torch.randn(400, 100, generator=generator()))[0]
    right = torch.linalg.qr(torch.randn(100, 100, generator=generator(1)))[0]
    values = torch.logspace(0, torch.tensor(smallest).log10().item(), 100)
    # Single precision, as scores come: the reference sees the same rounded numbers.
    matrix = (left * values) @ right.T
    torch.testing.assert_close(
        singular_values(matrix), torch.linalg.svdvals(matrix.double()), rtol=1e-5, atol=0
    )


@pytest.mark.parametrize("noise", ["balanced", "independent"])
@pytest.mark.parametrize("k", [10, 50])
def test_exact_sphere_has_k_small_values(noise, k):
    score, points = sphere(k)
    spectra = score_spectra(
        score, points, (0.01,), per_dimension=4, generator=generator(), noise=noise
    )
    assert spectra.shape == (1, 5, 100)
    assert (spectra[..., : 100 - k] > 0.45).all()
    assert (spectra[..., 100 - k :] < 0.05).all()


def test_balanced_noise_gives_pure_noise_a_value_of_one_exactly():
    score = AffineScore(torch.zeros(20), torch.eye(20)[:, :0], torch.ones(0))
    spectra = score_spectra(
        score, torch.zeros(2, 20).double(), (0.1, 1.0), per_dimension=2, generator=generator()
    )
    torch.testing.assert_close(spectra, torch.ones(2, 2, 20).double(), rtol=1e-6, atol=0)


def test_balanced_noise_leaves_a_wider_gap():
    score, points = sphere(50)
    gap = {}
    for noise in ("balanced", "independent"):
        spectra = score_spectra(
            score, points, (0.03,), per_dimension=4, generator=generator(), noise=noise
        )
        gap[noise] = (spectra[..., 49] - spectra[..., 50]).min()
    assert gap["balanced"] > 1.4 * gap["independent"]
    # The distribution of pure noise: 1 - sqrt(D / K) at the lower edge, against 1 exactly.
    assert 0.85 < gap["balanced"] < 1
    assert gap["independent"] < 0.7


def test_result_does_not_depend_on_the_chunks(monkeypatch):
    score, points = sphere(10)
    whole = score_spectra(score, points, (0.1,), per_dimension=2, generator=generator())
    monkeypatch.setattr("estimators.score.spectrum.NUMBERS_AT_ONCE", 1)
    parts = score_spectra(score, points, (0.1,), per_dimension=2, generator=generator())
    torch.testing.assert_close(parts, whole)


def test_more_scores_come_in_whole_blocks():
    score, points = sphere(10, ambient=15)
    for per_dimension in (2, 3, 5):
        spectra = score_spectra(
            score, points, (0.05,), per_dimension=per_dimension, generator=generator()
        )
        assert ((spectra < 0.5).sum(-1) == 10).all()


def test_values_that_rounding_makes_negative_are_zero():
    matrices = torch.randn(50, 20, 1, generator=generator()) * torch.ones(1, 10)
    values = singular_values(matrices)
    assert values.dtype == torch.float64
    assert (values >= 0).all()
    assert values[:, 1:].max() < 1e-6
    torch.testing.assert_close(values[:, 0], torch.linalg.svdvals(matrices.double())[:, 0])


SCALES = torch.tensor([2.0, 0.3, 0.04])


def anisotropic(ambient=7):
    """The exact score of a normal distribution with unequal scales, in R^D."""
    frame = torch.linalg.qr(torch.randn(ambient, ambient, generator=generator()))[0][:, :3]
    return AffineScore(torch.arange(float(ambient)), frame, SCALES)


def test_balanced_values_of_a_normal_distribution_are_exact():
    score = anisotropic()
    points = score.origin + torch.randn(4, 3, generator=generator()) @ score.frame.T
    sigmas = (0.01, 0.05, 0.5, 3.0)
    for per_dimension in (2, 3, 6):
        spectra = score_spectra(
            score, points, sigmas, per_dimension=per_dimension, generator=generator()
        )
        for row, sigma in enumerate(sigmas):
            tangent = sigma**2 / (SCALES**2 + sigma**2)
            expected = torch.cat([torch.ones(4), tangent.flip(0)]).double().expand(4, -1)
            torch.testing.assert_close(spectra[row], expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("centre", [True, False])
def test_a_mean_score_is_a_value_unless_it_is_subtracted(centre):
    drift = torch.tensor([30.0, 0.0, 0.0])
    spectra = score_spectra(
        lambda x, sigma: -x / sigma[:, None].square() + drift,
        torch.zeros(3, 3),
        (0.1,),
        per_dimension=400,
        generator=generator(),
        noise="independent",
        centre=centre,
    )[0]
    # The mean, 30, is 3 units of pure noise.
    assert spectra[:, 1:] == pytest.approx(torch.ones(3, 2).numpy(), abs=0.15)
    largest = 1 if centre else 10**0.5
    assert spectra[:, 0] == pytest.approx([largest] * 3, abs=0.15)


def test_independent_noise_follows_the_distribution_of_marchenko_and_pastur():
    spectra = score_spectra(
        lambda x, sigma: -x / sigma[:, None].square(),
        torch.zeros(2, 60),
        (0.3,),
        per_dimension=4,
        generator=generator(),
        noise="independent",
    )
    assert spectra.max() == pytest.approx(1.5, abs=0.06)
    assert spectra.min() == pytest.approx(0.5, abs=0.06)
    assert spectra.square().mean() == pytest.approx(1, abs=0.03)


class Counted:
    """A score that counts its calls."""

    def __init__(self):
        self.rows, self.levels = [], []

    def __call__(self, x, sigma):
        self.rows.append(len(x))
        self.levels += sigma.unique().tolist()
        return -x / sigma[:, None].square()


def counts(noise, numbers, monkeypatch):
    """Rows of each call for 5 points of R^4, with 12 scores each, at one noise level."""
    monkeypatch.setattr("estimators.score.spectrum.NUMBERS_AT_ONCE", numbers)
    score = Counted()
    score_spectra(
        score, torch.zeros(5, 4), (0.5,), per_dimension=3, generator=generator(), noise=noise
    )
    assert set(score.levels) == {0.5}
    return score.rows


def test_a_block_holds_no_more_numbers_than_it_may(monkeypatch):
    # Half of the 12 scores are rounded up to two blocks of 4 directions, with both signs.
    assert counts("balanced", 3 * 48, monkeypatch) == [24, 24, 16, 16]
    assert counts("balanced", 3 * 48 - 1, monkeypatch) == [16, 16, 16, 16, 8, 8]
    assert counts("balanced", 10**6, monkeypatch) == [40, 40]
    assert counts("balanced", 1, monkeypatch) == [8] * 10
    # Independent ones are sampled for each point and centred: twice as many numbers.
    assert counts("independent", 3 * 96, monkeypatch) == [36, 24]
    assert counts("independent", 3 * 96 - 1, monkeypatch) == [24, 24, 12]
    assert counts("independent", 10**6, monkeypatch) == [60]
    assert counts("independent", 1, monkeypatch) == [12] * 5


@pytest.mark.parametrize(("count", "blocks"), [(1, 1), (6, 1), (7, 2), (12, 2), (13, 3)])
def test_directions_are_orthogonal_in_blocks_and_as_long_as_noise(count, blocks):
    like = torch.zeros(1, dtype=torch.float64)
    result = orthogonal_directions(count, 6, generator(), like)
    assert result.dtype == torch.float64
    assert result.shape == (6 * blocks, 6)
    for block in result.reshape(blocks, 6, 6):
        torch.testing.assert_close(block @ block.T, 6 * torch.eye(6).double(), rtol=1e-5, atol=1e-5)
    if blocks > 1:
        assert not torch.allclose(result[:6], result[6:12])
