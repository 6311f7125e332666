"""Train the score model of a sample, or load it from the cache."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from estimators.base import Array
from estimators.score.cache import ModelCache, StoredTensors
from estimators.score.checkpoint import restore, snapshot
from estimators.score.frame import Frame, plain_frame, principal_frame, raw_frame
from estimators.score.model import (
    LevelwiseNetwork,
    ScoreModel,
    TrainingReport,
    looks_normal,
)
from estimators.score.network import ScoreModule, ScoreNetwork, training_flops
from estimators.score.recipe import Recipe, content_key, order_of_rows
from estimators.score.spectrum import Score
from estimators.score.training import State, TrainingProgress, TrainingResult, begin, train
from estimators.score.validation import Validation, level_grid

#: Increased when training by the same recipe gives different models.
VERSION = 2
#: Most points at which the training reads the dimension.
VALIDATION_POINTS = 8

Report = Callable[[TrainingProgress], None]


def train_or_load(
    points: Array,
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    cache: ModelCache | None,
    report: Report = lambda progress: None,
) -> ScoreModel:
    """Return the score model of points (n, D) by a recipe and a seed, from the cache if possible.

    Two processes that need the same model train it once. A recipe of no steps gives the untrained
    network, which is not cached. A killed training is resumed from its last checkpoint. Raises
    RuntimeError where the training diverges.
    """
    run = TrainingRun(points, recipe, seed, device)
    if recipe.steps == 0:
        return run.untrained()
    if cache is None:
        return run.model(run.train(None, "", report), cached=False)
    key = model_key(points, recipe, seed)
    stored = cache.load(key)
    if stored is None:
        with cache.lock(key):
            # Another process may have trained it meanwhile.
            stored = cache.load(key)
            if stored is None:
                trained = run.train(cache, key, report)
                cache.save(key, trained.tensors, trained.metadata)
                cache.remove_checkpoint(key)
                return run.model(trained, cached=False)
    return run.model(stored, cached=True)


def model_key(points: Array, recipe: Recipe, seed: int) -> str:
    """Return the key in the cache of the model of points, a recipe and a seed."""
    return content_key(points, {"recipe": recipe.facts(), "seed": seed, "version": VERSION})


def frame_of(points: Tensor, recipe: Recipe) -> Frame:
    """Return the frame in which the recipe's network works."""
    if recipe.network == "residual":
        return principal_frame(points, recipe.negligible * recipe.levels[0])
    return plain_frame(points) if recipe.network == "unet" else raw_frame(points.shape[1])


def width_for(frame: Frame, recipe: Recipe) -> int:
    """Return the width of the hidden layers: an MLP narrower than the data would lose them."""
    return 64 if recipe.network == "unet" else max(192, 64 * math.ceil(len(frame.scales) / 64))


def network_of(frame: Frame, recipe: Recipe) -> ScoreModule:
    """Return an untrained network of the recipe, in a frame."""
    width = recipe.width or width_for(frame, recipe)
    if recipe.network == "residual":
        return ScoreNetwork(frame, width=width, blocks=recipe.blocks)
    if recipe.network == "unet":
        from estimators.score.unet import ImageNetwork

        channels, height, side = recipe.shape
        deviation = float(frame.scales.square().mean().sqrt())
        return ImageNetwork((channels, height, side), deviation, width=width)
    from estimators.score.stanczuk2024 import PublishedNetwork

    return PublishedNetwork(
        len(frame.mean),
        width=width,
        hidden=recipe.blocks,
        sigma_min=recipe.levels[0],
        sigma_max=recipe.levels[1],
    )


class TrainingRun:
    """A training of a model: sample, recipe and seed, and all that does not depend on weights."""

    def __init__(self, points: Array, recipe: Recipe, seed: int, device: torch.device) -> None:
        x = torch.from_numpy(points)
        self.seed, self.device, self.points = seed, device, len(points)
        self.frame = frame_of(x, recipe).to(device)
        self.recipe = replace(recipe, width=recipe.width or width_for(self.frame, recipe))
        z = self.frame.coordinates(x.to(device))
        order = order_of_rows(len(points), seed)
        self.saved_seconds = 0.0
        count = max(1, round(recipe.held_out * len(points)))
        self.held_out = z[torch.from_numpy(order[:count]).to(device)]
        self.z = z[torch.from_numpy(np.sort(order[count:])).to(device)]

    def network(self) -> ScoreModule:
        """Return the network before training."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return network_of(self.frame, self.recipe).to(self.device)

    def begin(self) -> tuple[State, Validation]:
        """Return the training before its first step, and its validation."""
        validation = Validation(
            z=self.held_out,
            trained=self.z[:: -(-len(self.z) // len(self.held_out))],
            points=self.z[:: -(-len(self.z) // VALIDATION_POINTS)],
            levels=level_grid(self.recipe.levels),
            scales=self.frame.scales.float(),
            patience=self.recipe.patience,
            seed=self.seed,
        )
        generator = torch.Generator(self.device).manual_seed(self.seed)
        return begin(self.network(), self.recipe, generator), validation

    def train(self, cache: ModelCache | None, key: str, report: Report) -> StoredTensors:
        """Train, or resume from the checkpoint, and return what is stored of it."""
        state, validation = self.begin()
        if cache is not None:
            checkpoint = cache.load_checkpoint(key)
            if checkpoint is not None:
                restore(checkpoint, state, validation)
                self.saved_seconds = state.seconds
                warnings.warn(
                    f"training continues from step {state.step}, where it was stopped", stacklevel=4
                )
        training = train(
            state,
            self.z,
            self.recipe,
            validation,
            report=report,
            save=lambda state: (
                None if cache is None else cache.save_checkpoint(key, *snapshot(state, validation))
            ),
        )
        return self.stored(training, validation)

    def stored(self, training: TrainingResult, validation: Validation) -> StoredTensors:
        """Return what is stored of a training."""
        flops = training_flops(self.network(), self.z.shape[1], self.recipe.batch)
        best = validation.best_evaluation
        if self.recipe.keep_last:
            best = [max(validation.weights)] * len(validation.levels)
        evaluations = sorted(set(best))
        tensors = {
            f"{index}.{name}": value.cpu()
            for index, evaluation in enumerate(evaluations)
            for name, value in validation.weights[evaluation].items()
        }
        tensors["loss"] = training.loss
        tensors["held_out_loss"] = torch.stack(validation.losses)
        facts = {
            "serves": [evaluations.index(evaluation) for evaluation in best],
            "seconds": training.seconds,
            "flops": flops * len(training.loss) * training.batch / self.recipe.batch,
            "batch": training.batch,
        }
        about = (
            f"{self.recipe.network}, {len(training.loss)} steps on {self.points} points of "
            f"R^{len(self.frame.mean)}"
        )
        return StoredTensors(tensors, {"facts": json.dumps(facts), "about": about})

    def untrained(self) -> ScoreModel:
        """Return the model before its first step, which is the linear denoiser."""
        network = self.network().requires_grad_(False).eval()
        losses = np.empty((0, len(level_grid(self.recipe.levels))))
        report = TrainingReport(self.points, np.empty(0, np.float32), losses, 0.0, 0.0, False, 0.0)
        return self._model(network.score, report)

    def model(self, stored: StoredTensors, cached: bool) -> ScoreModel:
        """Return the model of stored weights."""
        facts = json.loads(stored.metadata["facts"])
        networks = []
        for index in range(max(facts["serves"]) + 1):
            network = self.network()
            prefix = f"{index}."
            network.load_state_dict(
                {
                    name.removeprefix(prefix): value
                    for name, value in stored.tensors.items()
                    if name.startswith(prefix)
                }
            )
            networks.append(network.requires_grad_(False).eval())
        served = LevelwiseNetwork(networks, level_grid(self.recipe.levels), facts["serves"])
        report = TrainingReport(
            points=self.points,
            loss=stored.tensors["loss"].numpy(),
            held_out_loss=stored.tensors["held_out_loss"].numpy(),
            seconds=facts["seconds"],
            flops=facts["flops"],
            cached=cached,
            saved_seconds=facts["seconds"] if cached else self.saved_seconds,
        )
        return self._model(served.to(self.device).score, report)

    def _model(self, score: Score, report: TrainingReport) -> ScoreModel:
        normal = looks_normal(torch.cat([self.z, self.held_out]))
        return ScoreModel(score, self.frame, self.held_out, normal, report)
