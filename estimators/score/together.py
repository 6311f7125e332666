"""Training of several score models at once: the weights of each are a row of one tensor."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from estimators.base import Array
from estimators.score.cache import ModelCache, StoredTensors
from estimators.score.model import ScoreModel
from estimators.score.network import ScoreModule
from estimators.score.recipe import Recipe
from estimators.score.train_or_load import Report, TrainingRun, model_key
from estimators.score.training import (
    State,
    TrainingDiverged,
    TrainingProgress,
    TrainingResult,
    adamw,
    apply_verdict,
    check_finite,
    half_precision,
    halve_batch,
    noisy_batch,
    set_learning_rate,
)
from estimators.score.validation import Validation

#: Every parameter begins at a multiple of so many numbers, which fast matrix products need.
ALIGNED = 16


def train_together(
    samples: Sequence[Array],
    recipe: Recipe,
    *,
    seeds: Sequence[int],
    device: torch.device,
    cache: ModelCache | None,
    report: Report = lambda progress: None,
) -> list[ScoreModel]:
    """Return the score models of samples, each (n, D), trained together as far as possible.

    Each has the distribution that ``train_or_load`` gives it, and its key in the cache, from which
    it is loaded if it is there. Weights, noise and held-out points follow from its own seed;
    learning rate, weight decay, restarts and early stop from its own evaluations: a model whose
    training ends is stored, and leaves the others. Different from training alone are the order of
    sums, and with it the last digits; there are no checkpoints; a batch that does not fit into
    memory is halved for all; and the seconds of a step are divided equally. Samples whose networks
    differ in shape, because the ranks of their frames do, are trained in one group after another.

    ``report`` gets the progress of a group: the median of its members' losses and readings. Raises
    RuntimeError, naming the sample, where the training of one diverges.
    """
    if len(samples) != len(seeds):
        raise ValueError(f"need a seed for each sample, not {len(seeds)} for {len(samples)}")
    if recipe.steps == 0:
        return [
            TrainingRun(points, recipe, seed, device).untrained()
            for points, seed in zip(samples, seeds, strict=True)
        ]
    keys = [model_key(points, recipe, seed) for points, seed in zip(samples, seeds, strict=True)]
    models: dict[str, ScoreModel] = {}
    groups: dict[tuple[torch.Size, ...], dict[str, Member]] = {}
    with ExitStack() as locks:
        cached = _load_or_lock(set(keys), cache, locks)
        for place, (key, points, seed) in enumerate(zip(keys, samples, seeds, strict=True)):
            run = TrainingRun(points, recipe, seed, device)
            stored = cached.get(key)
            if stored is not None:
                models[key] = run.model(stored, cached=True)
                continue
            state, validation = run.begin()
            shapes = tuple(value.shape for value in state.network.state_dict().values())
            member = Member(key, f"sample {place} (seed {seed})", run, state, validation)
            # The same sample with the same seed is one model.
            groups.setdefault(shapes, {}).setdefault(key, member)
        for group in groups.values():
            for member, stored in _train(list(group.values()), report):
                if cache is not None:
                    cache.save(member.key, stored.tensors, stored.metadata)
                    cache.remove_checkpoint(member.key)
                models[member.key] = member.run.model(stored, cached=False)
    return [models[key] for key in keys]


def _load_or_lock(
    keys: set[str], cache: ModelCache | None, locks: ExitStack
) -> dict[str, StoredTensors]:
    """Load the models that the cache has, and lock the keys of the others."""
    loaded: dict[str, StoredTensors] = {}
    if cache is not None:
        # In one order everywhere, so that two processes never wait for each other.
        for key in sorted(keys):
            stored = cache.load(key)
            if stored is None:
                locks.enter_context(cache.lock(key))
                # Another process may have trained it meanwhile.
                stored = cache.load(key)
            if stored is not None:
                loaded[key] = stored
    return loaded


@dataclass(eq=False)
class Member:
    """One of the models in training; ``row`` and ``mean_row`` (P,) are all weights of a network."""

    key: str
    name: str
    run: TrainingRun
    state: State
    validation: Validation

    def __post_init__(self) -> None:
        self.row = nn.Parameter(torch.empty(0, device=self.run.device))
        self.mean_row = torch.empty(0)
        self.state.optimiser = adamw([self.row], self.run.recipe)


class NoiseEstimator(nn.Module):
    """Wrapper of a network whose call is its noise estimate."""

    def __init__(self, network: ScoreModule) -> None:
        super().__init__()
        self.network = network

    def forward(self, z: Tensor, level: Tensor) -> Tensor:
        return self.network.noise_estimate(z, level)


class Stack:
    """Networks of one shape, run at once on a batch each.

    Their parameters become views of ``weights`` (B, P), a row for each, and can still be read and
    set in the networks. ``gradients`` (B, P) are those of the last ``backward``.
    """

    def __init__(self, networks: Sequence[ScoreModule]) -> None:
        self.weights = join_parameters(networks)
        self.gradients = torch.zeros_like(self.weights)
        names = [f"network.{name}" for name, _ in networks[0].named_parameters()]
        leaves = [
            part.detach().requires_grad_() for part in parameter_views(self.weights, networks[0])
        ]
        self._parameters = dict(zip(names, leaves, strict=True))
        self._gradients = list(parameter_views(self.gradients, networks[0]))
        buffers = [dict(NoiseEstimator(network).named_buffers()) for network in networks]
        self._buffers = {name: torch.stack([own[name] for own in buffers]) for name in buffers[0]}
        blank = NoiseEstimator(copy.deepcopy(networks[0]).to("meta"))

        def estimate(values: dict[str, Tensor], z: Tensor, level: Tensor) -> Tensor:
            noise: Tensor = functional_call(blank, values, (z, level))
            return noise

        self._estimate = vmap(estimate)

    def noise_estimate(self, z: Tensor, level: Tensor) -> Tensor:
        """Return the noise estimates (B, n, r) of all networks at z (B, n, r), levels (B, n)."""
        noise: Tensor = self._estimate({**self._parameters, **self._buffers}, z, level)
        return noise

    def backward(self, loss: Tensor) -> None:
        """Set the gradients to those of a loss."""
        gradients = torch.autograd.grad(loss, list(self._parameters.values()))
        torch._foreach_copy_(self._gradients, list(gradients))


def join_parameters(networks: Sequence[ScoreModule]) -> Tensor:
    """Return all parameters of networks of one shape, (B, P); the parameters become views of it."""
    first = next(networks[0].parameters())
    rows = first.new_zeros(len(networks), sum(_spans(networks[0])), requires_grad=False)
    for row, network in zip(rows, networks, strict=True):
        parts = torch.split(row, _spans(network))
        for part, parameter in zip(parts, network.parameters(), strict=True):
            own = part[: parameter.numel()].view(parameter.shape)
            own.copy_(parameter.detach())
            parameter.data = own
    return rows


def parameter_views(rows: Tensor, like: ScoreModule) -> Iterator[Tensor]:
    """Yield views of ``rows`` (B, P): each parameter, (B, *shape)."""
    for part, parameter in zip(torch.split(rows, _spans(like), 1), like.parameters(), strict=True):
        yield part[:, : parameter.numel()].view(len(rows), *parameter.shape)


def _spans(network: ScoreModule) -> list[int]:
    return [ALIGNED * math.ceil(value.numel() / ALIGNED) for value in network.parameters()]


def _train(members: list[Member], report: Report) -> Iterator[tuple[Member, StoredTensors]]:
    """Train members of one shape; yield each of them when its training ends."""
    recipe = members[0].run.recipe
    step, start = 0, time.perf_counter()
    since = start
    stack = build_stack(members)
    while members:
        for member in members:
            set_learning_rate(member.state, recipe)
        try:
            take_step(stack, members, recipe)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            halve_batch(members[0].state, error)
            for member in members:
                member.state.batch = members[0].state.batch
            # Halving takes the gradients away.
            stack = build_stack(members)
            continue
        step += 1
        ended = [member for member in members if member.state.step == member.state.last]
        due = members if step % recipe.check_every == 0 else ended
        if not due:
            continue
        for member in due:
            verdict = member.validation.evaluate(member.state.mean)
            apply_verdict(verdict, member.state, recipe, member.validation)
        now = time.perf_counter()
        for member in members:
            member.state.seconds += (now - since) / len(members)
        since = now
        report(_progress(members, now - start))
        ended = [member for member in members if member.state.step >= member.state.last]
        if ended:
            members = [member for member in members if member not in ended]
            stack = build_stack(members) if members else stack
        for member in ended:
            losses = torch.stack(member.state.losses).float().cpu()
            training = TrainingResult(losses, member.state.seconds, member.state.batch)
            yield member, member.run.stored(training, member.validation)
        since = time.perf_counter()


def build_stack(members: Sequence[Member]) -> Stack:
    """Stack the members' networks, and let their optimisers work on the rows."""
    stack = Stack([member.state.network for member in members])
    means = join_parameters([member.state.mean for member in members])
    for member, *rows in zip(members, stack.weights, stack.gradients, means, strict=True):
        member.row.data, member.row.grad, member.mean_row = rows
    return stack


def take_step(stack: Stack, members: Sequence[Member], recipe: Recipe) -> None:
    """Take one step of all members, each on noise of its own."""
    states = [member.state for member in members]
    step = states[0].step
    levels = recipe.levels
    inputs, noise, level = map(
        torch.stack,
        zip(
            *(
                noisy_batch(member.run.z, state.batch, levels, state.generator, recipe.antithetic)
                for member, state in zip(members, states, strict=True)
            ),
            strict=True,
        ),
    )
    half = half_precision(recipe, inputs.device)
    with torch.autocast(inputs.device.type, torch.bfloat16, enabled=half):
        estimate = stack.noise_estimate(inputs, level)
    errors = (estimate - noise).square().sum(2)
    losses = errors.mean(1)
    # Reading a number from a GPU synchronises it: done rarely there.
    if (not inputs.is_cuda or step % 50 == 0) and not bool(losses.isfinite().all()):
        _raise_diverged(members, errors, level, step + 1)
    scale = 1 / inputs.shape[2] if recipe.loss_scale is None else recipe.loss_scale
    # A member's loss depends on its own weights alone: the sum has the gradient of each.
    stack.backward(losses.sum() * scale)
    with torch.no_grad():
        for member, state, loss in zip(members, states, losses.detach(), strict=True):
            if recipe.clip < math.inf:
                nn.utils.clip_grad_norm_([member.row], recipe.clip)
            state.optimiser.step()
            state.step += 1
            member.mean_row.lerp_(member.row, recipe.mean_share(state.step - state.started))
            state.losses.append(loss)


def _raise_diverged(members: Sequence[Member], errors: Tensor, level: Tensor, step: int) -> None:
    for member, error, own in zip(members, errors, level, strict=True):
        try:
            check_finite(error, own, step)
        except TrainingDiverged as diverged:
            raise TrainingDiverged(f"{member.name}: {diverged}") from None


def _progress(members: Sequence[Member], seconds: float) -> TrainingProgress:
    step, last = members[0].state.step, max(member.state.last for member in members)
    every = members[0].run.recipe.check_every
    losses = torch.stack([torch.stack(member.state.losses[-every:]).mean() for member in members])
    readings = torch.stack([member.validation.dimensions[-1] for member in members])
    left = seconds / step * (last - step)
    return TrainingProgress(
        step, last, float(losses.median()), float(readings.double().median()), left
    )
