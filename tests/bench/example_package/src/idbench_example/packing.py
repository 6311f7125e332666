"""The dimension from how many points fit in, at two distances from each other."""

import numpy as np
from scipy.spatial.distance import pdist, squareform

import estimators


@estimators.register(
    "packing",
    family="neighbours",
    source="Kegl 2002, Intrinsic dimension estimation using packing numbers",
    cannot={
        "check_permutation": "which points are packed depends on which one is first",
    },
)
class Packing(estimators.Estimator):
    """Growth of the packing number between two quantiles of the pairwise distances."""

    def __init__(self, low=0.01, high=0.1, points=1000):
        self.low, self.high, self.points = low, high, points

    def needed_points(self):
        return 10

    def estimate(self, points):
        used = points[: self.points]
        distances = pdist(used)
        near, far = np.quantile(distances, [self.low, self.high])
        square = squareform(distances)
        count = {radius: len(packed(square, radius)) for radius in (near, far)}
        return estimators.Estimate(
            np.log(count[near] / count[far]) / np.log(far / near),
            details={"points_used": np.array(len(used))},
        )


def packed(distances, radius):
    """Rows that are at least ``radius`` from each other, taken in their order."""
    taken = []
    for row in range(len(distances)):
        if (distances[row, taken] >= radius).all():
            taken.append(row)
    return taken
