"""What all score estimators share: a score model of the sample, and points at which it is read."""

from __future__ import annotations

import logging
import warnings
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from estimators.base import Array, Estimate, Estimator
from estimators.score.recipe import Recipe, order_of_rows
from manifolds.parameters import callback, choice, flag, number, numbers, whole_number

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from estimators.score.model import ScoreModel
    from estimators.score.reliability import Trust
    from estimators.score.training import Progress

#: What is declared of every score estimator.
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
#: deviation of the data. What is small in an image moves it little: images need lower ones.
LEVELS, SIGMAS = (0.02, 1.0), (0.02, 0.03, 0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4)
IMAGE_LEVELS = (0.005, 1.0)
IMAGE_SIGMAS = (0.005, 0.007, 0.01, 0.014, 0.02, 0.03, 0.05, 0.1, 0.2)
#: Axes of images without variation, in units of the lowest level. At 0.2 of it an axis is normal
#: but for 4 % of its singular value, and images have many such axes.
IMAGE_NEGLIGIBLE = 0.2

#: Ratio of the features' deviations from which they are brought to the same one.
UNEVEN = 100.0


@dataclass(frozen=True)
class Reading:
    """What a reading says of m points: ``pointwise`` (m,), and ``dimension`` of the sample.

    ``confidence`` (m,) is between 0, nothing can be said, and 1. ``details`` are arrays.
    """

    dimension: float
    pointwise: Array
    confidence: Array
    details: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@attrs.define(kw_only=True, slots=False)
class ScoreEstimator(Estimator):
    """Trains a score model of the sample, or takes it from the cache, and reads it at some points.

    Subclasses give ``read``. Estimators with the same training parameters and random state read
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
    learning_rate: float = number(2e-3, "AdamW's learning rate", below=1.0)
    levels: tuple[float, float] | None = numbers(
        None,
        "lowest and highest noise level to train, relative to the data (None: 0.02 and 1; 0.005 "
        "and 1 of images)",
        count=2,
        none=True,
    )
    check_every: int = whole_number(125, "training steps between looks at held-out points")
    patience: int = whole_number(8, "looks in a row that must agree for an early stop", least=2)
    queries: int = whole_number(24, "points that are read")
    cache: bool = flag(True, "keep trained models, and take them from where they are kept")
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

    @property
    def noise_levels(self) -> tuple[float, ...]:
        """Noise levels to read at."""
        return self.sigmas or (IMAGE_SIGMAS if self.image_shape else SIGMAS)

    @abstractmethod
    def read(self, model: ScoreModel, z: Tensor, generator: torch.Generator) -> Reading:
        """Read a model at coordinates ``z`` (m, r) in its frame."""

    def warm_up(self) -> None:
        # torch imports and compiles a part of itself at the first training and first derivatives.
        import torch

        from estimators.score.train_or_load import trained_model

        tiny = type(self)(
            steps=4, batch=8, width=8, blocks=1, check_every=2, queries=2, device=self.device
        )
        points = np.random.default_rng(0).standard_normal((40, 3))
        device = self._device()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = trained_model(points, tiny.training_recipe(), seed=0, device=device, cache=None)
            z = model.frame.coordinates(torch.from_numpy(points[:2]).to(device))
            tiny.read(model, z, torch.Generator(device).manual_seed(0))

    def needed_points(self) -> int:
        return 10

    def estimate(self, points: Array) -> Estimate:
        """Train a score model on points (n, D), or take it from the cache, and read it.

        Raises ValueError where CUDA is asked for and absent, RuntimeError where the training
        breaks down.
        """
        import torch

        if self.score is None and self.image_shape is None:
            points = evened(points)
        model = self.model(points)
        query = np.sort(order_of_rows(len(points), self.random_state)[: self.queries])
        device = model.held_out.device
        z = model.frame.coordinates(torch.from_numpy(points[query]).to(device))
        generator = torch.Generator(device).manual_seed(self.random_state)
        reading = self.read(model, z, generator)
        return Estimate(
            dimension=reading.dimension,
            pointwise=reading.pointwise,
            query=query,
            details={"confidence": reading.confidence, **reading.details, **_told(model)},
        )

    def model(self, points: Array) -> ScoreModel:
        """The score model of points (n, D): the given score function's, or a trained one."""
        import torch

        from estimators.score.own_score import model_of_score

        if self.score is not None:
            return model_of_score(self.score, torch.from_numpy(points), self.noise_levels)
        recipe = self.training_recipe()
        for sigma in self.noise_levels:
            # Levels that were given as decimals may differ in the last digit.
            if not 0.999 * recipe.levels[0] <= sigma <= 1.001 * recipe.levels[1]:
                raise ValueError(
                    f"sigmas must lie within the trained levels {recipe.levels}, but {sigma} is not"
                )
        from estimators.score.cache import ModelCache, default_folder, default_limit
        from estimators.score.train_or_load import trained_model

        cache = ModelCache(default_folder(), default_limit()) if self.cache else None
        return trained_model(
            points,
            recipe,
            seed=self.random_state,
            device=self._device(),
            cache=cache,
            tell=self._tell,
        )

    def believed(self, model: ScoreModel) -> Trust:
        """Which of the ``sigmas`` to believe; all of them unless ``trust``.

        A score function of one's own that is no score of the points is never believed.
        """
        import torch

        from estimators.score.own_score import own_trust
        from estimators.score.reliability import Trust, trust

        levels = self.noise_levels
        everything = torch.ones(len(levels), dtype=torch.bool)
        if self.score is not None:
            found = own_trust(model, levels)
            return found if self.trust else Trust(everything, found.learned)
        return trust(model, levels) if self.trust else Trust(everything, True)

    def told(
        self, model: ScoreModel, level: NDArray[np.int64], believed: Trust
    ) -> dict[str, NDArray[Any]]:
        """Details of every reading, of which ``level`` (m,) are the rows of the levels read.

        "sigmas" (S,) in the units of the points, "chosen_sigma_pw" (m,) the one that was read at
        each point and "chosen_sigma" their median, and "trusted" (S,).
        """
        sigmas = np.array(self.noise_levels) * model.frame.unit
        return {
            "sigmas": sigmas,
            "chosen_sigma": np.array(np.median(sigmas[level])),
            "chosen_sigma_pw": sigmas[level],
            "trusted": believed.levels.numpy(),
        }

    def training_recipe(self) -> Recipe:
        """The recipe that the parameters say."""
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
        )

    def _tell(self, progress: Progress) -> None:
        logging.getLogger("estimators.score").info("%s", progress)

    def _device(self) -> torch.device:
        import torch

        if self.device == "cuda" and not torch.cuda.is_available():
            raise ValueError("device 'cuda' was asked for, but torch sees no CUDA device")
        cuda = self.device == "cuda" or (self.device == "auto" and torch.cuda.is_available())
        return torch.device("cuda" if cuda else "cpu")


def evened(points: Array) -> Array:
    """Points (n, D) with features of one deviation, where theirs differ by more than ``UNEVEN``.

    The dimension does not depend on the units of the features, but what is thinner than the
    lowest noise level is not seen. Features without variance are left as they are.
    """
    deviations = points.std(0)
    varying = deviations > 1e-9 * deviations.max()
    if deviations[varying].max() <= UNEVEN * deviations[varying].min():
        return points
    warnings.warn(
        f"the features' standard deviations range from {deviations[varying].min():.2g} to "
        f"{deviations[varying].max():.2g}: they were brought to the same one",
        stacklevel=3,
    )
    return (points - points.mean(0)) / np.where(varying, deviations, deviations.max())


def _told(model: ScoreModel) -> dict[str, NDArray[Any]]:
    """What is worth keeping of how a model was trained."""
    report = model.report
    if report is None:
        return {}
    return {
        "loss": report.loss,
        "held_out_loss": report.held_out_loss,
        "steps": np.array(len(report.loss)),
        "train_seconds": np.array(report.seconds),
        "train_flops": np.array(report.flops),
        "cached": np.array(report.cached),
        "saved_seconds": np.array(report.saved_seconds),
    }
