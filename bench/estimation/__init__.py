"""The dimension of somebody's own points: every estimator's answer, with intervals and caveats."""
