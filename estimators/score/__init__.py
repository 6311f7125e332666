"""Estimators that read a diffusion model's score.

Nothing here imports torch before an estimator is fitted, so that listing them stays quick.
"""

from estimators.score.svd import ScoreSVD

__all__ = ["ScoreSVD"]
