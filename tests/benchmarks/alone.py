"""What earlier fits have left, forgotten: a fit that is timed is to be alone."""

from estimators import neighbors


def forget_graph() -> None:
    """The next estimator that needs a neighbour graph builds it."""
    neighbors._shared = neighbors._Shared()
