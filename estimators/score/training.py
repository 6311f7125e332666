"""Training of a score network by denoising score matching."""

from __future__ import annotations

import copy
import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from estimators.score.network import ScoreModule
from estimators.score.optimiser import RotatedAdam
from estimators.score.recipe import Recipe
from estimators.score.validation import Validation, Verdict


@dataclass(frozen=True)
class TrainingProgress:
    """Progress of a training: ``step`` of ``steps``, which may end early.

    ``loss`` is the mean since the last evaluation, ``reading`` the median dimension at some points.
    """

    step: int
    steps: int
    loss: float
    reading: float
    seconds_left: float

    def __str__(self) -> str:
        return (
            f"step {self.step} of {self.steps}, loss {self.loss:.4g}, reads {self.reading:g}, "
            f"{self.seconds_left:.0f} s left"
        )


@dataclass(frozen=True)
class TrainingResult:
    """Result of a training: ``loss`` (steps,) float32 and its ``seconds``.

    The loss is the squared error of the noise estimate, summed over the axes of the frame: at a
    small noise level it estimates the dimension.
    """

    loss: Tensor
    seconds: float
    batch: int


@dataclass
class State:
    """State of a training, from which it can be resumed."""

    network: ScoreModule
    mean: ScoreModule
    optimiser: torch.optim.Optimizer
    generator: torch.Generator
    batch: int
    initial: dict[str, Tensor]
    step: int = 0
    started: int = 0
    converged: bool = False
    rate: float = 0.0
    peak: float = 1.0
    decay_from: int = 0
    last: int = 0
    seconds: float = 0.0
    losses: list[Tensor] = field(default_factory=list)


def noisy_batch(
    z: Tensor,
    batch: int,
    levels: tuple[float, float],
    generator: torch.Generator,
    antithetic: bool = True,
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw a batch of rows of ``z`` (n, r) with noise: noisy rows, noise (b, r) and levels (b,).

    Noise that is ``antithetic`` comes in pairs of opposite sign at the same row and level. At
    small levels the gradient of the loss is noise of size 1 / level, of which all but a part that
    vanishes with the level is odd in the noise: it cancels in a pair.
    """
    device = z.device
    count = max(1, batch // 2) if antithetic else batch
    rows = torch.randint(len(z), (count,), generator=generator, device=device)
    low, high = map(math.log, levels)
    level = (low + (high - low) * torch.rand(count, generator=generator, device=device)).exp()
    noise = torch.randn(count, z.shape[1], generator=generator, device=device)
    if antithetic:
        rows, level, noise = rows.repeat(2), level.repeat(2), torch.cat([noise, -noise])
    return z[rows] + level[:, None] * noise, noise, level


def half_precision(recipe: Recipe, device: torch.device) -> bool:
    """Return whether to multiply in bfloat16: for images, where the hardware has it.

    Its products are accurate to 0.4 %, and a radius needed to 0.3 % is lost: with it, vectors near
    a sphere of high dimension are not learned (RECIPE.md).
    """
    if recipe.network != "unet":
        return False
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return torch.cpu._is_avx512_bf16_supported()


def optimiser_of(network: ScoreModule, recipe: Recipe) -> torch.optim.Optimizer:
    """Return the optimiser of a network before the first step."""
    rate, betas, decay = recipe.learning_rate, recipe.betas, recipe.weight_decay
    if not recipe.rotated:
        return torch.optim.AdamW(
            network.parameters(), lr=rate, betas=betas, weight_decay=decay, fused=True
        )
    matrices: list[Tensor] = []
    others: list[Tensor] = []
    for name, value in network.named_parameters():
        # Of wider ones the products with a basis would cost more than the gradient.
        hidden = name.startswith("blocks.") and value.ndim == 2 and value.shape[1] <= recipe.batch
        (matrices if hidden else others).append(value)
    return RotatedAdam(matrices, others, lr=rate, betas=betas, weight_decay=decay)


def begin(network: ScoreModule, recipe: Recipe, generator: torch.Generator) -> State:
    """Return the state before the first step."""
    return State(
        network=network,
        mean=copy.deepcopy(network).requires_grad_(False),
        optimiser=optimiser_of(network, recipe),
        generator=generator,
        batch=recipe.batch,
        initial=copy.deepcopy(network.state_dict()),
        decay_from=math.ceil(recipe.steps * (1 - recipe.decay)),
        last=recipe.steps,
    )


def train(
    state: State,
    z: Tensor,
    recipe: Recipe,
    validation: Validation,
    *,
    report: Callable[[TrainingProgress], None] = lambda progress: None,
    save: Callable[[State], None] = lambda state: None,
) -> TrainingResult:
    """Train the network of ``state`` on coordinates ``z`` (n, r) to its budget or an early stop.

    After every evaluation ``report`` gets the progress and ``save`` the state, from which a killed
    training is resumed. A batch that does not fit into memory is halved, with a warning. Raises
    RuntimeError, naming step and noise level, where the loss is no longer finite.
    """
    weights: list[Tensor] = list(state.network.parameters())
    mean_weights: list[Tensor] = list(state.mean.parameters())
    half = half_precision(recipe, z.device)
    losses = state.losses
    start = time.perf_counter() - state.seconds
    while state.step < state.last:
        set_learning_rate(state, recipe)
        try:
            loss = _step(state, z, recipe, half)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            halve_batch(state, error)
            continue
        state.step += 1
        with torch.no_grad():
            share = recipe.mean_share(state.step - state.started)
            torch._foreach_lerp_(mean_weights, weights, share)
        losses.append(loss)
        if state.step % recipe.check_every == 0 or state.step == state.last:
            apply_verdict(validation.evaluate(state.mean), state, recipe, validation)
            state.seconds = time.perf_counter() - start
            report(
                TrainingProgress(
                    state.step,
                    state.last,
                    float(torch.stack(losses[-recipe.check_every :]).mean()),
                    float(validation.dimensions[-1].double().median()),
                    state.seconds / state.step * (state.last - state.step),
                )
            )
            save(state)
    return TrainingResult(
        torch.stack(losses).float().cpu(), time.perf_counter() - start, state.batch
    )


def set_learning_rate(state: State, recipe: Recipe) -> None:
    """Set the learning rate of the next step."""
    taken = state.step - state.started
    falling = (state.last - state.step) / max(1, state.last - state.decay_from)
    slowing = (recipe.slow_from / max(1, taken)) ** 0.5
    state.rate = min(1.0, (taken + 1) / recipe.warmup, slowing, state.peak * falling)
    for group in state.optimiser.param_groups:
        group["lr"] = recipe.learning_rate * state.rate


def apply_verdict(verdict: Verdict, state: State, recipe: Recipe, validation: Validation) -> None:
    """Continue, restart or end a training by the verdict of an evaluation."""
    decay = state.optimiser.param_groups[0]["weight_decay"]
    left = recipe.steps - state.step
    if state.converged or verdict == "learning":
        if state.converged and verdict == "overfitted":
            state.last = state.step
    elif (
        verdict == "overfitted"
        and decay < recipe.most_weight_decay
        and left >= recipe.worth_while * recipe.steps
    ):
        # Restart with more weight decay; the validation holds the best weights so far.
        for group in state.optimiser.param_groups:
            group["weight_decay"] = min(recipe.most_weight_decay, recipe.raise_by * decay)
        state.network.load_state_dict(state.initial)
        state.mean.load_state_dict(state.initial)
        state.optimiser.state.clear()
        state.started = state.step
        state.decay_from = state.step + math.ceil((1 - recipe.decay) * left)
        validation.restart()
    elif verdict in ("converged", "exhausted"):
        state.converged = True
        state.peak = state.rate
        state.decay_from = state.step
        state.last = min(state.last, math.ceil(state.step * (1 + recipe.cooling)))


def _step(state: State, z: Tensor, recipe: Recipe, half: bool) -> Tensor:
    """Take one step and return its loss."""
    inputs, noise, level = noisy_batch(
        z, state.batch, recipe.levels, state.generator, recipe.antithetic
    )
    with torch.autocast(z.device.type, torch.bfloat16, enabled=half):
        estimate = state.network.noise_estimate(inputs, level)
    error = (estimate - noise).square().sum(1)
    loss = error.mean()
    # Reading a number from a GPU synchronises it: done rarely there.
    if not z.is_cuda or state.step % 50 == 0:
        check_finite(error, level, state.step + 1)
    state.optimiser.zero_grad()
    scale = 1 / z.shape[1] if recipe.loss_scale is None else recipe.loss_scale
    torch.autograd.backward(loss * scale)
    if recipe.clip < math.inf:
        nn.utils.clip_grad_norm_(state.network.parameters(), recipe.clip)
    state.optimiser.step()
    return loss.detach()


class TrainingDiverged(RuntimeError):
    """The loss is no longer finite."""


def check_finite(error: Tensor, level: Tensor, step: int) -> None:
    """Raise TrainingDiverged where errors (b,) of a step, at noise levels (b,), are not finite."""
    bad = ~torch.isfinite(error.detach())
    if bool(bad.any()):
        raise TrainingDiverged(
            f"training of the score network broke down: the loss is not finite at step {step}, "
            f"first at noise level sigma = {float(level[bad].min()):.3g} (in units of the data); "
            "a lower learning_rate may help"
        )


def halve_batch(state: State, error: BaseException) -> None:
    """Halve the batch where memory ran out; raise any other error again."""
    message = str(error).lower()
    memory = isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        "memory" in message and "alloc" in message
    )
    if not memory or state.batch < 2:
        raise error
    state.optimiser.zero_grad()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    state.batch //= 2
    warnings.warn(
        f"out of memory in training step {state.step + 1}: continuing with batches of "
        f"{state.batch}",
        stacklevel=3,
    )
