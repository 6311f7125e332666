"""Estimators that read a diffusion model's score.

The score model (frame, network, recipe, training, validation, cache) knows nothing of its readings,
and those (spectrum, divergence, denoising, curvature) take any score function. Nothing here imports
torch before an estimator is fitted, so that listing them stays quick.
"""

from estimators.score.curves import DenoisingLoss, Flipd, LocalHessianSpectralDimension
from estimators.score.svd import ScoreSVD

__all__ = ["DenoisingLoss", "Flipd", "LocalHessianSpectralDimension", "ScoreSVD"]
