import pytest
import torch

from estimators.score.oracle import SphereScore
from estimators.score.selection import RULES, gaps, least_dimension
from estimators.score.spectrum import score_spectra

LEVELS = [0.02, 0.03, 0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4]
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


def test_skipping_the_first_gap_leaves_out_the_first_two_estimates():
    values = torch.tensor([1.0, 0.2, 0.2, 0.1], dtype=torch.float64)
    assert 4 - int(gaps(values).argmax()) == 3
    assert 4 - int(gaps(values, skip_first=True).argmax()) == 1


@every_rule
def test_every_rule_is_right_on_clean_spectra_at_each_point(rule):
    levels = [[spectrum(20, d, tangent=t) for d in (1, 4, 4, 9)] for t in (0.01, 0.1, 0.3)]
    spectra = stack(*levels)
    found = RULES[rule](gaps(spectra), spectra, [0.1, 0.3, 0.5])
    assert found.dimension.tolist() == [1, 4, 4, 9]
    assert found.gap.min() > 0.6
    assert found.level.shape == (4,)


@every_rule
def test_every_rule_is_right_on_the_exact_sphere(rule):
    generator = torch.Generator().manual_seed(0)
    frame = torch.linalg.qr(torch.randn(40, 11, generator=generator).double())[0]
    own = torch.randn(6, 11, generator=generator).double()
    points = (own / own.norm(dim=1, keepdim=True)) @ frame.T
    sigmas = (0.01, 0.03, 0.1)
    spectra = score_spectra(
        SphereScore(frame), points, sigmas, per_dimension=4, generator=generator
    )
    assert RULES[rule](gaps(spectra), spectra, sigmas).dimension.tolist() == [10] * 6


def test_persistence_is_not_fooled_by_one_sharp_level():
    # At the lowest level a normal direction is not learned yet: it looks tangent, and sharply so.
    sharp = spectrum(20, 5, tangent=0.0)
    blurred = spectrum(20, 4, tangent=0.2)
    spectra = stack([sharp], [blurred], [blurred])
    assert RULES["gap"](gaps(spectra), spectra, ()).dimension.tolist() == [5]
    found = RULES["persistence"](gaps(spectra), spectra, ())
    assert found.dimension.tolist() == [4]
    assert found.level.tolist() == [1]
    assert found.gap.tolist() == pytest.approx([0.8])


def test_least_spread_takes_the_level_at_which_points_agree():
    spectra = stack(
        [spectrum(9, 2), spectrum(9, 3), spectrum(9, 5)],
        [spectrum(9, 4, tangent=0.4)] * 3,
    )
    assert RULES["spread"](gaps(spectra), spectra, ()).dimension.tolist() == [4, 4, 4]
    assert RULES["mean-gap"](gaps(spectra), spectra, ()).dimension.tolist() == [2, 3, 5]


def test_agreement_is_that_of_points_and_not_of_positions():
    # At the first level the first point has the largest gap everywhere, and points read 2 and 4.
    apart = [[0.0, 0.2, 0.25, 0.3, 0.2], [0.0, 0.19, 0.1, 0.1, 0.1]]
    agreed = [[0.0, 0.0, 0.5, 0.1, 0.0], [0.0, 0.1, 0.45, 0.0, 0.05]]
    gap = torch.tensor([apart, agreed], dtype=torch.float64)
    found = RULES["spread"](gap, 1 - gap.cumsum(-1), ())
    assert (found.dimension.tolist(), found.level.tolist()) == ([3, 3], [1, 1])


def rows(*spectra):
    """Spectra (S, m, D) of one point at several levels."""
    return torch.tensor(spectra, dtype=torch.float64)[:, None]


def of(rule, spectra, sigmas=(), **options):
    found = RULES[rule](gaps(spectra, **options), spectra, sigmas)
    return found.dimension.tolist(), found.level.tolist(), found.gap.tolist()


def test_gaps_are_differences_to_the_value_above_and_to_the_floor():
    values = torch.tensor([[[0.9, 0.7, 0.2]], [[0.8, 0.8, 0.1]]], dtype=torch.float64)
    before = values.clone()
    expected = torch.tensor([[[0.1, 0.2, 0.5]], [[0.2, 0.0, 0.7]]], dtype=torch.float64)
    torch.testing.assert_close(gaps(values), expected)
    torch.testing.assert_close(gaps(values, floor=0.5)[..., 0], expected[..., 0] - 0.5)
    skipped = gaps(values, skip_first=True)
    assert (skipped[..., :2] == -torch.inf).all()
    torch.testing.assert_close(skipped[..., 2], expected[..., 2])
    assert torch.equal(values, before)


def test_each_point_uses_the_level_of_its_own_largest_gap():
    spectra = stack(
        [spectrum(6, 2, tangent=0.3), spectrum(6, 4, tangent=0.1)],
        [spectrum(6, 3, tangent=0.2), spectrum(6, 5, tangent=0.4)],
    )
    dimension, level, gap = of("gap", spectra)
    assert dimension == [3, 4]
    assert level == [1, 0]
    assert gap == pytest.approx([0.8, 0.9])


def test_one_level_for_all_points_is_that_of_the_largest_mean_gap():
    spectra = stack(
        [spectrum(6, 2, tangent=0.0), spectrum(6, 4, tangent=0.7)],
        [spectrum(6, 3, tangent=0.2), spectrum(6, 5, tangent=0.3)],
    )
    dimension, level, gap = of("mean-gap", spectra)
    assert (dimension, level) == ([3, 5], [1, 1])
    assert gap == pytest.approx([0.8, 0.7])


def test_the_largest_proportion_is_not_the_largest_gap():
    values = rows([1.0, 0.9, 0.4, 0.05], [1.0, 0.6, 0.5, 0.3])
    assert of("gap", values) == ([2], [0], pytest.approx([0.5]))
    assert of("ratio", values) == ([1], [0], pytest.approx([0.35]))
    assert of("ratio", values.flip(0)) == ([1], [1], pytest.approx([0.35]))


def test_values_are_distinguished_down_to_a_fiftieth_of_pure_noise():
    # 1 / 0.15 is less than 0.15 / 0.02; 1 / 0.12 is more than 0.12 / 0.02.
    assert of("ratio", rows([1.0, 0.15, 0.01]))[0] == [1]
    assert of("ratio", rows([1.0, 0.12, 0.01]))[0] == [2]
    # What is above is raised to that too: 0.019 / 0.0001 is no proportion.
    assert of("ratio", rows([1.0, 0.9, 0.019, 0.0001]))[0] == [2]


def test_gaps_that_are_left_out_have_no_proportion():
    tiny = torch.full((1, 1, 5), 0.01, dtype=torch.float64)
    for rule in ("ratio", "ratio-persistence"):
        assert of(rule, tiny, skip_first=True)[0] == [3]


def test_persistence_adds_gaps_up_and_the_other_multiplies_proportions():
    # The largest gap is the second one of the first level; 0.3 twice is more than 0.45 and 0.1.
    values = rows([1.0, 0.55, 0.25, 0.25], [1.0, 0.9, 0.6, 0.6])
    assert of("persistence", values) == ([2], [0], pytest.approx([0.3]))
    # 0.5 twice is more than 0.45; the proportions are 2 twice, and 10.
    values = rows([1.0, 0.5, 0.05, 0.05], [1.0, 0.5, 0.5, 0.5])
    assert of("persistence", values) == ([3], [0], pytest.approx([0.5]))
    assert of("ratio-persistence", values) == ([2], [0], pytest.approx([0.45]))
    # Multiplied, and not the largest: 1.5 twice is more than 2.
    values = rows([1.0, 1.0, 0.5, 0.5 / 1.5], [1.0, 1.0, 1.0, 1.0 / 1.5])
    assert of("ratio", values)[0] == [2]
    assert of("ratio-persistence", values) == ([1], [1], pytest.approx([1 / 3]))


def test_levels_that_agree_equally_are_distinguished_by_their_gaps():
    worse = [spectrum(9, 4, tangent=0.4)] * 3
    better = [spectrum(9, 5, tangent=0.2)] * 3
    for spectra in (stack(worse, better), stack(better, worse)):
        assert of("spread", spectra)[0] == [5] * 3
    # One point alone agrees with itself.
    assert of("spread", stack(worse[:1], better[:1])) == ([5], [1], pytest.approx([0.8]))


def test_agreement_comes_before_the_gap():
    spread = [spectrum(9, d, tangent=0.05) for d in (3, 3, 4)]
    agreed = [spectrum(9, 5, tangent=0.7)] * 3
    assert of("spread", stack(spread, agreed)) == ([5] * 3, [1] * 3, pytest.approx([0.3] * 3))


def lawful(*extents, sigmas=LEVELS, normals=3):
    """Spectra of one point, with normal directions and tangent ones of some extents."""
    sigma = torch.tensor(sigmas, dtype=torch.float64)[:, None]
    values = sigma**2 / (torch.tensor(extents, dtype=torch.float64) ** 2 + sigma**2)
    values = torch.cat([values, torch.ones(len(sigmas), normals)], 1)
    return values.sort(1, descending=True).values[:, None]


@pytest.mark.parametrize(
    "extents",
    [
        [1.0] * 5 + [0.1] * 5,
        [1.0] * 5 + [0.05] * 5,
        [1.0] * 5 + [0.02] * 5,
        [0.8**j / 0.78 for j in range(20)],  # in the unit of their frame
        [0.7**j for j in range(12)],
        [1 / j for j in range(1, 31)],
    ],
)
def test_directions_are_tangent_by_their_law_however_thin(extents):
    spectra = lawful(*extents)
    assert least_dimension(spectra, LEVELS).tolist() == [len(extents)]
    assert of("law", spectra, LEVELS)[0] == [len(extents)]


def test_a_thin_direction_is_tangent_at_higher_levels_too():
    # At 0.2 and above the direction of extent 0.05 has a value of 0.94 and more.
    spectra = lawful(1.0, 1.0, 0.05)
    assert of("ratio", spectra)[0] == [2]
    dimension, level, gap = of("law", spectra, LEVELS)
    assert (dimension, level) == ([3], [0])
    assert gap == pytest.approx([1 - 1 / (1 + 2.5**2)])
    # It is not, to a rule that sees these levels alone.
    assert of("law", spectra[6:], LEVELS[6:])[0] == [2]


def test_the_order_of_the_levels_does_not_matter():
    spectra = lawful(1.0, 1.0, 0.05)
    back, levels = spectra.flip(0), LEVELS[::-1]
    assert least_dimension(back, levels).tolist() == [3]
    assert of("law", back, levels)[:2] == ([3], [8])


def with_thinnest(*values):
    """Spectra of a wide tangent direction, one of given values, and three normals."""
    spectra = lawful(3.0, 1.0)
    spectra[:, 0, 3] = torch.tensor(values, dtype=torch.float64)
    return spectra.sort(-1, descending=True).values


def test_a_normal_direction_that_is_learned_in_part_keeps_no_extent():
    # The extent rises as the square root of the noise: 0.028 at the lowest level.
    values = [1 / (1 + 0.04 / sigma) for sigma in LEVELS]
    assert least_dimension(with_thinnest(*values), LEVELS).tolist() == [1]
    # It keeps 0.02 and then vanishes.
    values = [1 / (1 + (0.02 / sigma) ** 2) for sigma in LEVELS]
    assert least_dimension(with_thinnest(*values), LEVELS).tolist() == [2]
    assert least_dimension(with_thinnest(*values[:5], *[0.999] * 4), LEVELS).tolist() == [1]
    # It was never seen.
    values = [1 / (1 + (0.012 / sigma) ** 2) for sigma in LEVELS]
    assert least_dimension(with_thinnest(*values), LEVELS).tolist() == [1]
    # It has an extent of 0.15 from 0.1 on, where it is that of the whole sample.
    values = [0.98] * 4 + [1 / (1 + (0.15 / sigma) ** 2) for sigma in LEVELS[4:]]
    assert least_dimension(with_thinnest(*values), LEVELS).tolist() == [1]


def test_the_value_above_a_lawful_gap_is_that_of_noise():
    # The largest proportion is that of 0.25 to 0.02: of a direction wider than the noise.
    values = rows([1.0, 0.9, 0.25, 0.02])
    assert of("ratio", values)[0] == [1]
    assert of("law", values, [0.1])[0] == [2]
    # That of 0.4 may be normal; in proportion to pure noise, of which independent noises have less.
    values = rows([1.0, 0.9, 0.4, 0.02])
    assert of("law", values, [0.1])[0] == [1]
    assert of("law", values / 2, [0.1], floor=0.5)[0] == [1]
    values = rows([1.0, 0.9, 0.25, 0.02])
    assert of("law", values, [0.1], skip_first=True)[0] == [2]
    # All values are far below it: no direction is normal.
    assert of("law", values * 0.25, [0.1])[0] == [4]


def test_where_no_lawful_gap_is_clear_the_largest_proportion_is_read():
    # Values fall by a fifth from noise on, and there is a gap far below it.
    slow = [1.0, 0.8, 0.65, 0.52, 0.42, 0.34, 0.28, 0.1, 0.1]
    values = rows(slow)
    assert of("law", values, [0.1])[0] == [2]
    # A fall by a third is one: of 0.72 to 0.54.
    values = rows([1.0, 0.8, 0.72, 0.54, 0.44, 0.36, 0.28, 0.1, 0.1])
    assert of("law", values, [0.1])[0] == [6]
    # Each point for itself.
    both = torch.cat([values, rows(slow)], 1)
    assert of("law", both, [0.1])[0] == [6, 2]


def test_the_rules_have_their_names():
    expected = {"law", "gap", "mean-gap", "ratio", "persistence", "ratio-persistence", "spread"}
    assert set(RULES) == expected
