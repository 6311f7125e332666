import pytest
import torch

from estimators.score.oracle import AffineScore, SphereScore
from estimators.score.spectrum import score_spectra, singular_values


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
    # The law of pure noise: 1 - sqrt(D / K) at the lower edge, against 1 exactly.
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
