"""Base class of the score estimators: a score model of the sample, read at some of its points."""

from __future__ import annotations

import logging
import warnings
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from estimators.base import Array, Estimate, Estimator
from estimators.score.features import equalize_scales
from estimators.score.recipe import Recipe, order_of_rows
from manifolds.parameters import callback, choice, flag, number, numbers, whole_number

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from estimators.score.model import ScoreModel
    from estimators.score.reliability import Reliability

#: Declarations that all score estimators share.
DECLARED: dict[str, Any] = {
    "family": "score",
    "weakness": "a normal direction that the network has not learned is counted as tangent: it "
    "reads too much of few points, of strong curvature, and after too short a training",
    "scope": "local",
    "deterministic": False,
    "shares_model": True,
    "gpu": True,
    "seconds": 70.0,
}
#: Lowest and highest noise level to train, and those to read at, relative to the typical standard
#: deviation of the data. Small features of an image change it little: images need lower levels.
LEVELS, SIGMAS = (0.02, 1.0), (0.02, 0.03, 0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4)
IMAGE_LEVELS = (0.005, 1.0)
IMAGE_SIGMAS = (0.005, 0.007, 0.01, 0.014, 0.02, 0.03, 0.05, 0.1, 0.2)
#: Axes of images without variation, in units of the lowest level. At 0.2 of it an axis is normal
#: but for 4 % of its singular value, and images have many such axes.
IMAGE_NEGLIGIBLE = 0.2


@dataclass(frozen=True)
class Reading:
    """Dimensions read at m points: ``pointwise`` (m,), and ``dimension`` of the sample.

    ``confidence`` (m,) is between 0 (none) and 1. ``details`` are arrays.
    """

    dimension: float
    pointwise: Array
    confidence: Array
    details: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@attrs.define(kw_only=True, slots=False)
class ScoreEstimator(Estimator):
    """Base of the estimators that train or load a score model and read it at some points.

    Subclasses define ``read``. Estimators with the same training parameters and random state read
    the same model.
    """

    score: Callable[[Tensor, Tensor], Tensor] | None = callback(  # noqa: RUF009
        "a score function of your own, instead of a trained model: (x, sigma) -> score of the "
        "points with noise of deviation sigma, in their units"
    )
    steps: int = whole_number(
        4000,
        "most training steps (0: the untrained network, which is what the principal frame alone "
        "reads)",
        least=0,
    )
    batch: int = whole_number(512, "points in a training step", least=2)
    width: int | None = whole_number(
        None, "width of the network's hidden layers (None: follows the span of the data)", none=True
    )
    blocks: int = whole_number(3, "residual blocks of the network")
    learning_rate: float = number(2e-3, "learning rate, as of AdamW", below=1.0)
    levels: tuple[float, float] | None = numbers(
        None,
        "lowest and highest noise level to train, relative to the data (None: 0.02 and 1; 0.005 "
        "and 1 of images)",
        count=2,
        none=True,
    )
    check_every: int = whole_number(125, "training steps between evaluations on held-out points")
    patience: int = whole_number(
        3, "evaluations in a row that must agree for an early stop", least=2
    )
    queries: int = whole_number(24, "points that are read")
    cache: bool = flag(True, "store trained models, and load them where they are stored")
    recipe: str = choice(
        "default",
        "how to train: the default, or as Stanczuk et al. 2024 did (of the others, steps counts)",
        ("default", "stanczuk2024"),
    )
    network: str = choice("mlp", "a residual MLP, or a U-Net for images", ("mlp", "unet"))
    image_shape: tuple[int, ...] | None = numbers(
        None, "channels, height, width of images (a suite sets it), for a U-Net", count=3, none=True
    )
    device: str = choice("auto", "where to train", ("auto", "cpu", "cuda"))
    random_state: int = whole_number(0, "seed of weights, noise and query points", least=0)
    sigmas: tuple[float, ...] | None = numbers(
        None,
        "noise levels to read at, relative to the typical standard deviation of the data (None: "
        "nine of them, lower ones of images)",
        none=True,
    )
    trust: bool = flag(True, "leave out noise levels that the score has not learned")

    #: How the sample's dimension follows from those of the points, a key of ``AGGREGATIONS``.
    aggregation = "median"

    @property
    def noise_levels(self) -> tuple[float, ...]:
        """Noise levels to read at."""
        return self.sigmas or (IMAGE_SIGMAS if self.image_shape else SIGMAS)

    @abstractmethod
    def read(self, model: ScoreModel, z: Tensor, generator: torch.Generator) -> Reading:
        """Read the dimension from a model at coordinates ``z`` (m, r) in its frame."""

    def warm_up(self) -> None:
        # torch imports and compiles a part of itself at the first training and first derivatives.
        import torch

        from estimators.score.train_or_load import train_or_load

        tiny = type(self)(
            steps=4, batch=8, width=8, blocks=1, check_every=2, queries=2, device=self.device
        )
        points = np.random.default_rng(0).standard_normal((40, 3))
        device = self._device()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = train_or_load(points, tiny.training_recipe(), seed=0, device=device, cache=None)
            z = model.frame.coordinates(torch.from_numpy(points[:2]).to(device))
            tiny.read(model, z, torch.Generator(device).manual_seed(0))

    def needed_points(self) -> int:
        return 10

    def estimate(self, points: Array) -> Estimate:
        """Train a score model on points (n, D), or load it from the cache, and read it.

        Parts that lie far apart (parts.py) have a model each, in a frame of their own. Raises
        ValueError where CUDA is required and absent, RuntimeError where the training diverges.
        """
        from estimators.score.joining import estimate_parts

        if self._has_own_frame:
            return estimate_parts(points, self.queries, self.aggregation, self._estimate_part)
        return self._estimate_part(points, self.queries)

    @property
    def _has_own_frame(self) -> bool:
        """True if the model is learned in a frame of the sample, not in given units."""
        return self.score is None and self.image_shape is None and self.recipe == "default"

    def _estimate_part(self, points: Array, queries: int) -> Estimate:
        """Train a score model on points (n, D) in one frame, and read it at some of them."""
        import torch

        from estimators.score.joining import without_confidence
        from estimators.score.parts import crowded

        if self.score is None and self.image_shape is None:
            points = equalize_scales(points)
        model = self.model(points)
        query = np.sort(order_of_rows(len(points), self.random_state)[:queries])
        device = model.held_out.device
        z = model.frame.coordinates(torch.from_numpy(points[query]).to(device))
        generator = torch.Generator(device).manual_seed(self.random_state)
        reading = self.read(model, z, generator)
        estimate = Estimate(
            dimension=reading.dimension,
            pointwise=reading.pointwise,
            query=query,
            details={
                "confidence": reading.confidence,
                **reading.details,
                **(model.report.details() if model.report else {}),
            },
        )
        if not self._has_own_frame:
            return estimate
        unseen = crowded(points, query, min(self.noise_levels) * model.frame.unit)
        return without_confidence(estimate, unseen, self.aggregation)

    def model(self, points: Array) -> ScoreModel:
        """Return the score model of points (n, D): of the parameter ``score``, or a trained one."""
        import torch

        from estimators.score.own_score import score_function_model

        if self.score is not None:
            return score_function_model(self.score, torch.from_numpy(points), self.noise_levels)
        recipe = self.training_recipe()
        for sigma in self.noise_levels:
            # Decimal levels may differ in the last digit.
            if not 0.999 * recipe.levels[0] <= sigma <= 1.001 * recipe.levels[1]:
                raise ValueError(
                    f"sigmas must lie within the trained levels {recipe.levels}, but {sigma} is not"
                )
        from estimators.score.cache import ModelCache, default_folder, default_limit
        from estimators.score.normality import is_normal
        from estimators.score.train_or_load import train_or_load

        if self._has_own_frame and is_normal(points):
            # The network before its first step is the score of normal points.
            recipe = replace(recipe, steps=0)
        log = logging.getLogger("estimators.score")
        return train_or_load(
            points,
            recipe,
            seed=self.random_state,
            device=self._device(),
            cache=ModelCache(default_folder(), default_limit()) if self.cache else None,
            report=lambda progress: log.info("%s", progress),
        )

    def reliability(self, model: ScoreModel) -> Reliability:
        """Assess which of the ``sigmas`` are reliable; take all of them unless ``trust``.

        A score function of one's own that is no score of the points counts as not learned.
        """
        import torch

        from estimators.score.own_score import assess_own_score
        from estimators.score.reliability import Reliability, assess_reliability

        levels = self.noise_levels
        all_levels = torch.ones(len(levels), dtype=torch.bool)
        if self.score is not None:
            own = assess_own_score(model, levels)
            return own if self.trust else Reliability(all_levels, own.learned)
        return assess_reliability(model, levels) if self.trust else Reliability(all_levels, True)

    def level_details(
        self, model: ScoreModel, level: NDArray[np.int64], reliability: Reliability
    ) -> dict[str, NDArray[Any]]:
        """Return details of all readings, of which ``level`` (m,) are the rows of their levels.

        "sigmas" (S,) in the units of the points, "chosen_sigma_pw" (m,) the one read at each point
        and "chosen_sigma" their median, and "trusted" (S,).
        """
        sigmas = np.array(self.noise_levels) * model.frame.unit
        return {
            "sigmas": sigmas,
            "chosen_sigma": np.array(np.median(sigmas[level])),
            "chosen_sigma_pw": sigmas[level],
            "trusted": reliability.levels.numpy(),
        }

    def training_recipe(self) -> Recipe:
        """Return the recipe that the parameters describe."""
        if self.recipe == "stanczuk2024":
            from estimators.score.stanczuk2024 import published_recipe

            if self.steps == 0:
                raise ValueError(
                    "recipe 'stanczuk2024' needs steps of 1 or more: its untrained "
                    "network is no denoiser, unlike that of the default recipe"
                )
            return published_recipe(self.steps)
        unet = self.network == "unet"
        if unet and self.image_shape is None:
            raise ValueError("network 'unet' is for images: it needs their image_shape")
        return Recipe(
            network="unet" if unet else "residual",
            width=self.width,
            blocks=self.blocks,
            steps=self.steps,
            batch=self.batch,
            learning_rate=self.learning_rate,
            levels=self.levels or (IMAGE_LEVELS if self.image_shape else LEVELS),
            check_every=self.check_every,
            patience=self.patience,
            negligible=IMAGE_NEGLIGIBLE if self.image_shape else Recipe.negligible,
            shape=tuple(int(size) for size in self.image_shape or ()) if unet else (),
            rotated=not unet,
            slow_from=self.steps if unet else Recipe.slow_from,
            decay=0.8 if unet else Recipe.decay,
        )

    def _device(self) -> torch.device:
        import torch

        if self.device == "cuda" and not torch.cuda.is_available():
            raise ValueError("device 'cuda' is not available: torch sees no CUDA device")
        cuda = self.device == "cuda" or (self.device == "auto" and torch.cuda.is_available())
        return torch.device("cuda" if cuda else "cpu")
