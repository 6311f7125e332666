"""What training and readings ask of a score network."""

from __future__ import annotations

from torch import Tensor, nn


class ScoreModule(nn.Module):
    """A network that estimates noise; its score follows from that.

    Subclasses give ``noise_estimate``. Coordinates z (n, r) are those of the sample's frame, and
    noise levels (n,) are in its unit.
    """

    def noise_estimate(self, z: Tensor, level: Tensor) -> Tensor:
        """Expected noise eps in z = z0 + level * eps: (n, r), (n,) -> (n, r)."""
        raise NotImplementedError

    def score(self, z: Tensor, sigma: Tensor) -> Tensor:
        """Score of the blurred data: z (n, r), sigma (n,) -> (n, r)."""
        return -self.noise_estimate(z, sigma) / sigma[:, None]
