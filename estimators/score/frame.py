"""The frame of a sample: principal axes and a unit of length, for its network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Frame:
    """Axes and unit of a sample.

    ``mean`` (D,) and ``unit`` are in the units of the points; ``axes`` (D, r) has orthonormal
    columns, or is None where the coordinates of the points are used as they are; ``scales`` (r,)
    are the standard deviations along the axes in units of ``unit``. All float64.
    """

    mean: Tensor
    unit: float
    axes: Tensor | None
    scales: Tensor

    @property
    def outside(self) -> int:
        """Number of directions of the ambient space outside the axes: nothing varies along them."""
        return len(self.mean) - len(self.scales)

    def coordinates(self, points: Tensor) -> Tensor:
        """Return points (n, D) along the axes, centred, in units of ``unit``: (n, r) float32."""
        standard = (points.double() - self.mean) / self.unit
        return (standard if self.axes is None else standard @ self.axes).float()

    def standard(self, z: Tensor) -> Tensor:
        """Return coordinates (n, r) in all directions, centred, in units of ``unit``: (n, D)."""
        return z if self.axes is None else z @ self.axes.T.to(z)

    def points(self, z: Tensor) -> Tensor:
        """Return the points (n, D), float64, at coordinates (n, r)."""
        return self.standard(z.double()) * self.unit + self.mean

    def to(self, device: torch.device) -> Frame:
        """Return the same frame on a device."""
        axes = None if self.axes is None else self.axes.to(device)
        return Frame(self.mean.to(device), self.unit, axes, self.scales.to(device))


def principal_frame(points: Tensor, negligible: float) -> Frame:
    """Return principal axes of float64 points (n, D) whose relative scale exceeds ``negligible``.

    The unit is sqrt(sum s^4 / sum s^2): the standard deviation of an axis, averaged with its
    variance as weight. It does not change when the data are padded with constant coordinates.
    """
    mean = points.mean(0)
    centred = points - mean
    largest = float(centred.abs().max())
    centred = centred / largest
    variances, axes = torch.linalg.eigh(centred.T @ centred / len(points))
    variances = variances.flip(0).clamp(min=0)
    unit = float((variances.square().sum() / variances.sum()).sqrt())
    scales = variances.sqrt() / unit
    rank = int((scales > negligible).sum())
    return Frame(mean, unit * largest, axes.flip(1)[:, :rank].contiguous(), scales[:rank])


def plain_frame(points: Tensor) -> Frame:
    """Return the frame of centred coordinates; the unit is the standard deviation of all."""
    mean = points.mean(0)
    deviations = (points - mean).square().mean(0).sqrt()
    unit = float(deviations.square().mean().sqrt())
    return Frame(mean, unit, None, deviations / unit)


def raw_frame(ambient: int) -> Frame:
    """Return the frame of unscaled points, with noise levels in their units."""
    zero = torch.zeros(ambient, dtype=torch.float64)
    return Frame(zero, 1.0, None, torch.ones_like(zero))
