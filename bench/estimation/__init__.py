"""Estimation of the dimension of the user's points: all estimators, intervals, caveats."""
