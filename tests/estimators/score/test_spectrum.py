import pytest
import torch

from estimators.score.spectrum import largest_gap, score_spectra, singular_values


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_singular_values_are_those_of_a_decomposition(dtype):
    generator = torch.Generator().manual_seed(0)
    matrices = torch.randn(3, 40, 10, generator=generator, dtype=dtype)
    matrices *= 10.0 ** -torch.arange(10, dtype=dtype)
    expected = torch.linalg.svdvals(matrices.double())
    assert (singular_values(matrices) - expected).abs().max() < 1e-5 * expected.max()


def test_spectra_of_pure_noise_follow_marchenko_pastur():
    spectra = score_spectra(
        lambda x, sigma: -x / sigma.square()[:, None],
        torch.zeros(2, 100),
        [0.01, 1.0],
        per_dimension=4,
        generator=torch.Generator().manual_seed(0),
    )
    assert spectra.shape == (2, 2, 100)
    assert spectra.max() < 1.6
    assert spectra.min() > 0.4
    assert abs(float(spectra.square().mean()) - 1) < 0.02


@pytest.mark.parametrize(
    ("spectrum", "dimension"),
    [
        ([1.2, 1.0, 0.9, 0.1, 0.05], 2),
        ([1.1, 0.2, 0.1, 0.05, 0.0], 4),
        ([1.3, 1.2, 1.1, 1.0, 0.1], 1),
        ([0.06, 0.05, 0.04, 0.03, 0.02], 5),
        ([0.01], 1),
    ],
)
def test_dimension_is_the_number_of_values_below_the_largest_gap(spectrum, dimension):
    read, _ = largest_gap(torch.tensor([spectrum]), floor=0.5)
    assert read.tolist() == [dimension]
