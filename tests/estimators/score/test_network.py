import torch

from estimators.score.frame import principal_frame
from estimators.score.network import ScoreNetwork
from estimators.score.oracle import AffineScore


def test_untrained_network_has_the_exact_score_of_normal_data(gaussian):
    points, frame, scales = gaussian()
    exact = principal_frame(points, 1e-3)
    network = ScoreNetwork(exact, width=16, blocks=1)
    oracle = AffineScore(torch.full((8,), 5.0), frame, scales)
    generator = torch.Generator().manual_seed(1)
    for level in (0.05, 0.3, 2.0):
        x = points[:50] + level * torch.randn(50, 8, generator=generator)
        expected = oracle(x, torch.full((50,), level).double()).float() @ exact.axes.float()
        with torch.no_grad():
            found = network.score(exact.coordinates(x), torch.full((50,), level / exact.unit))
        torch.testing.assert_close(found / exact.unit, expected, rtol=1e-3, atol=1e-4 / level)


def test_score_in_all_directions_is_pure_noise_outside_of_the_span(gaussian):
    from estimators.score.model import ScoreModel

    points, frame, scales = gaussian()
    exact = principal_frame(points, 1e-3)
    network = ScoreNetwork(exact, width=16, blocks=1)
    model = ScoreModel(network.score, exact, exact.coordinates(points[:10]), True)
    oracle = AffineScore(torch.full((8,), 5.0), frame, scales)
    x = points[:50] + 0.3 * torch.randn(50, 8, generator=torch.Generator().manual_seed(1))
    expected = oracle(x, torch.full((50,), 0.3).double()).float()
    standard = ((x - exact.mean) / exact.unit).float()
    with torch.no_grad():
        found = model.ambient_score(standard, torch.full((50,), 0.3 / exact.unit))
    torch.testing.assert_close(found / exact.unit, expected, rtol=1e-3, atol=1e-3)
