import pytest
import torch

from estimators.score.oracle import SphereScore
from estimators.score.selection import RULES, gaps
from estimators.score.spectrum import score_spectra

every_rule = pytest.mark.parametrize("rule", RULES)


def spectrum(ambient, dimension, normal=1.0, tangent=0.0):
    values = torch.full((ambient,), normal, dtype=torch.float64)
    values[ambient - dimension :] = tangent
    return values


def stack(*levels):
    """Spectra (S, m, D) of lists of spectra, one list a level."""
    return torch.stack([torch.stack(level) for level in levels])


def test_gaps_are_read_as_the_number_of_values_below():
    spectra = spectrum(6, 2)
    assert 6 - int(gaps(spectra).argmax()) == 2
    everything = torch.full((6,), 0.1, dtype=torch.float64)
    assert 6 - int(gaps(everything).argmax()) == 6
    # With independent noise the least value of pure noise is lower.
    assert gaps(everything, floor=0.5)[0] == pytest.approx(0.4)


def test_skipping_the_first_gap_leaves_out_the_two_first_readings():
    values = torch.tensor([1.0, 0.2, 0.2, 0.1], dtype=torch.float64)
    assert 4 - int(gaps(values).argmax()) == 3
    assert 4 - int(gaps(values, skip_first=True).argmax()) == 1


@every_rule
def test_every_rule_reads_clean_spectra_at_each_point(rule):
    levels = [[spectrum(20, d, tangent=t) for d in (1, 4, 4, 9)] for t in (0.01, 0.1, 0.3)]
    spectra = stack(*levels)
    found = RULES[rule](gaps(spectra), spectra)
    assert found.dimension.tolist() == [1, 4, 4, 9]
    assert found.gap.min() > 0.6
    assert found.level.shape == (4,)


@every_rule
def test_every_rule_reads_the_exact_sphere(rule):
    generator = torch.Generator().manual_seed(0)
    frame = torch.linalg.qr(torch.randn(40, 11, generator=generator).double())[0]
    own = torch.randn(6, 11, generator=generator).double()
    points = (own / own.norm(dim=1, keepdim=True)) @ frame.T
    sigmas = (0.01, 0.03, 0.1)
    spectra = score_spectra(
        SphereScore(frame), points, sigmas, per_dimension=4, generator=generator
    )
    assert RULES[rule](gaps(spectra), spectra).dimension.tolist() == [10] * 6


def test_persistence_is_not_fooled_by_one_sharp_level():
    # At the lowest level a normal direction is not learned yet: it looks tangent, and sharply so.
    sharp = spectrum(20, 5, tangent=0.0)
    blurred = spectrum(20, 4, tangent=0.2)
    spectra = stack([sharp], [blurred], [blurred])
    assert RULES["gap"](gaps(spectra), spectra).dimension.tolist() == [5]
    found = RULES["persistence"](gaps(spectra), spectra)
    assert found.dimension.tolist() == [4]
    assert found.level.tolist() == [1]
    assert found.gap.tolist() == pytest.approx([0.8])


def test_least_spread_takes_the_level_at_which_points_agree():
    spectra = stack(
        [spectrum(9, 2), spectrum(9, 3), spectrum(9, 5)],
        [spectrum(9, 4, tangent=0.4)] * 3,
    )
    assert RULES["spread"](gaps(spectra), spectra).dimension.tolist() == [4, 4, 4]
    assert RULES["mean-gap"](gaps(spectra), spectra).dimension.tolist() == [2, 3, 5]
