import pytest
import torch

from estimators.score.frame import plain_frame, principal_frame, raw_frame


def test_frame_keeps_the_axes_that_vary(gaussian):
    points, _, scales = gaussian()
    frame = principal_frame(points, 1e-3)
    assert frame.axes.shape == (8, 3)
    torch.testing.assert_close(frame.scales * frame.unit, scales)
    coordinates = frame.coordinates(points)
    torch.testing.assert_close(coordinates.square().mean(0).sqrt(), frame.scales.float())


@pytest.mark.parametrize("factor", [1e-200, 1e-6, 1e6, 1e200])
def test_frame_follows_the_unit_of_the_data(factor, gaussian):
    points, _, _ = gaussian(200)
    frame, scaled = principal_frame(points, 1e-3), principal_frame(points * factor, 1e-3)
    assert scaled.unit == pytest.approx(frame.unit * factor)
    torch.testing.assert_close(scaled.scales, frame.scales)


def test_unit_does_not_depend_on_constant_coordinates(gaussian):
    points, _, _ = gaussian(200)
    padded = torch.cat([points, torch.ones(200, 30)], 1)
    assert principal_frame(padded, 1e-3).unit == pytest.approx(principal_frame(points, 1e-3).unit)


def test_points_come_back_from_their_coordinates(gaussian):
    points, _, _ = gaussian(50)
    for frame in (principal_frame(points, 1e-3), plain_frame(points), raw_frame(8)):
        back = frame.points(frame.coordinates(points))
        torch.testing.assert_close(back, points, rtol=1e-5, atol=1e-5)
    assert principal_frame(points, 1e-3).outside == 5
    assert plain_frame(points).outside == 0


def test_plain_frame_has_unit_deviation_over_all_coordinates(gaussian):
    points, _, _ = gaussian(500)
    assert plain_frame(points).coordinates(points).square().mean() == pytest.approx(1, rel=1e-4)
