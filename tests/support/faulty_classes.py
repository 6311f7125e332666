"""An estimator without a fault, and faulty classes with the message of the check that they fail."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_array


class Ratio:
    """Maximum likelihood of second by first neighbour distances: passes every check."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def checked(self, X):
        points = np.unique(check_array(X, dtype=np.float64), axis=0)
        if len(points) < 3:
            raise ValueError(f"it needs 3 points that differ, not {len(points)}")
        return points

    def neighbours(self, points):
        return NearestNeighbors(n_neighbors=2).fit(points).kneighbors()[0]

    def fit(self, X):
        distances = self.neighbours(self.checked(X))
        self.dimension_ = self.factor / float(np.log(distances[:, 1] / distances[:, 0]).mean())
        return self


class Faults:
    """Faulty classes of one test module: ``fault(check, message)`` decorates each."""

    def __init__(self):
        self.cases = []

    def __call__(self, check, message):
        def plant(cls):
            self.cases.append((check, message, cls))
            return cls

        return plant

    def parametrize(self):
        """Return the decorator of the test that calls ``assert_reported`` on each."""
        ids = [f"{check}-{cls.__name__}" for check, _, cls in self.cases]
        return pytest.mark.parametrize(("check", "message", "cls"), self.cases, ids=ids)

    def checks(self):
        return {check for check, _, _ in self.cases}


def assert_reported(checks_of, check, message, cls):
    """Run one of the checks that ``checks_of`` gives of a class; it must fail with the message."""
    subject, function = next(pair for pair in checks_of(cls) if pair[1].name == check)
    with pytest.raises(AssertionError, match=rf"^{cls.__name__}: {check}: .*{message}"):
        function(subject)
