"""Existing points of unknown dimension: sets of images by name, files of the user."""

from manifolds.datasets import digits, torchvision_sets, user_file

__all__ = ["digits", "torchvision_sets", "user_file"]
