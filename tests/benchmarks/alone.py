"""Clear the caches of earlier fits, so that a timed fit shares nothing."""

from estimators import neighbors


def forget_graph() -> None:
    """The next estimator that needs a neighbour graph builds it."""
    neighbors._shared = neighbors._Shared()
