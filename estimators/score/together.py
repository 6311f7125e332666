"""Several score models trained as one: the weights of each are a row of one tensor."""

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
from estimators.score.cache import ModelCache, Stored
from estimators.score.model import ScoreModel
from estimators.score.protocol import ScoreModule
from estimators.score.recipe import Recipe
from estimators.score.train_or_load import Job, Tell, model_key
from estimators.score.training import (
    Progress,
    State,
    Training,
    TrainingBrokeDown,
    adamw,
    check_finite,
    conclude,
    half_precision,
    halve,
    noisy,
    set_rate,
)
from estimators.score.validation import Watch

#: Every parameter begins at a multiple of so many numbers, as fast products of matrices want it.
ALIGNED = 16


def train_together(
    samples: Sequence[Array],
    recipe: Recipe,
    *,
    seeds: Sequence[int],
    device: torch.device,
    cache: ModelCache | None,
    tell: Tell = lambda progress: None,
) -> list[ScoreModel]:
    """The score models of several samples, each (n, D), trained together as far as possible.

    Each has the law that ``trained_model`` gives it, and its key in the cache, from which those
    that are there are taken. Weights, noise and held-out points follow from its own seed; learning
    rate, weight decay, restarts and early stop from its own looks: one that has come to its end is
    kept, and leaves the others. Different from training alone are the order of sums, and with it
    the last digits; there are no checkpoints; a batch that does not fit into memory is halved for
    all; and the seconds of a step are shared out equally. Samples whose networks differ in shape,
    because the ranks of their frames do, are trained in one group after another.

    ``tell`` gets the progress of a group: the median of its members' losses and readings. Raises
    RuntimeError, naming the sample, where the training of one breaks down.
    """
    if len(samples) != len(seeds):
        raise ValueError(f"need a seed for each sample, not {len(seeds)} for {len(samples)}")
    if recipe.steps == 0:
        return [
            Job(points, recipe, seed, device).untrained()
            for points, seed in zip(samples, seeds, strict=True)
        ]
    keys = [model_key(points, recipe, seed) for points, seed in zip(samples, seeds, strict=True)]
    models: dict[str, ScoreModel] = {}
    groups: dict[tuple[torch.Size, ...], dict[str, Member]] = {}
    with ExitStack() as locks:
        found = _found(set(keys), cache, locks)
        for place, (key, points, seed) in enumerate(zip(keys, samples, seeds, strict=True)):
            job = Job(points, recipe, seed, device)
            stored = found.get(key)
            if stored is not None:
                models[key] = job.model(stored, cached=True)
                continue
            state, watch = job.begin()
            shapes = tuple(value.shape for value in state.network.state_dict().values())
            member = Member(key, f"sample {place} (seed {seed})", job, state, watch)
            # The same sample with the same seed is one model.
            groups.setdefault(shapes, {}).setdefault(key, member)
        for group in groups.values():
            for member, stored in _train(list(group.values()), tell):
                if cache is not None:
                    cache.save(member.key, stored.tensors, stored.metadata)
                    cache.drop_checkpoint(member.key)
                models[member.key] = member.job.model(stored, cached=False)
    return [models[key] for key in keys]


def _found(keys: set[str], cache: ModelCache | None, locks: ExitStack) -> dict[str, Stored]:
    """What the cache has of some models; of the others, the locks."""
    found: dict[str, Stored] = {}
    if cache is not None:
        # In one order everywhere, so that two processes never wait for each other.
        for key in sorted(keys):
            stored = cache.load(key)
            if stored is None:
                locks.enter_context(cache.lock(key))
                # Another process may have trained it meanwhile.
                stored = cache.load(key)
            if stored is not None:
                found[key] = stored
    return found


@dataclass(eq=False)
class Member:
    """One of the models in training; ``row`` and ``mean_row`` (P,) are all weights of a network."""

    key: str
    name: str
    job: Job
    state: State
    watch: Watch

    def __post_init__(self) -> None:
        self.row = nn.Parameter(torch.empty(0, device=self.job.device))
        self.mean_row = torch.empty(0)
        self.state.optimiser = adamw([self.row], self.job.recipe)


class Estimating(nn.Module):
    """A network whose call is its noise estimate."""

    def __init__(self, network: ScoreModule) -> None:
        super().__init__()
        self.network = network

    def forward(self, z: Tensor, level: Tensor) -> Tensor:
        return self.network.noise_estimate(z, level)


class Stack:
    """Networks of one shape, run at once on a batch each.

    Their parameters become views of ``weights`` (B, P), a row for each, and stay the networks' own:
    whoever reads or sets them there needs to know nothing of this. ``gradients`` (B, P) are those
    of the last ``backward``.
    """

    def __init__(self, networks: Sequence[ScoreModule]) -> None:
        self.weights = joined(networks)
        self.gradients = torch.zeros_like(self.weights)
        names = [f"network.{name}" for name, _ in networks[0].named_parameters()]
        leaves = [part.detach().requires_grad_() for part in stacked(self.weights, networks[0])]
        self._parameters = dict(zip(names, leaves, strict=True))
        self._gradients = list(stacked(self.gradients, networks[0]))
        buffers = [dict(Estimating(network).named_buffers()) for network in networks]
        self._buffers = {name: torch.stack([own[name] for own in buffers]) for name in buffers[0]}
        blank = Estimating(copy.deepcopy(networks[0]).to("meta"))

        def estimate(values: dict[str, Tensor], z: Tensor, level: Tensor) -> Tensor:
            found: Tensor = functional_call(blank, values, (z, level))
            return found

        self._estimate = vmap(estimate)

    def noise_estimate(self, z: Tensor, level: Tensor) -> Tensor:
        """The noise estimates (B, n, r) of all networks at z (B, n, r) and levels (B, n)."""
        found: Tensor = self._estimate({**self._parameters, **self._buffers}, z, level)
        return found

    def backward(self, loss: Tensor) -> None:
        """Set the gradients to those of a loss."""
        found = torch.autograd.grad(loss, list(self._parameters.values()))
        torch._foreach_copy_(self._gradients, list(found))


def joined(networks: Sequence[ScoreModule]) -> Tensor:
    """All parameters of networks of one shape, (B, P), of which the parameters become views."""
    first = next(networks[0].parameters())
    rows = first.new_zeros(len(networks), sum(_spans(networks[0])), requires_grad=False)
    for row, network in zip(rows, networks, strict=True):
        parts = torch.split(row, _spans(network))
        for part, parameter in zip(parts, network.parameters(), strict=True):
            own = part[: parameter.numel()].view(parameter.shape)
            own.copy_(parameter.detach())
            parameter.data = own
    return rows


def stacked(rows: Tensor, like: ScoreModule) -> Iterator[Tensor]:
    """Views of ``rows`` (B, P): each parameter, (B, *shape)."""
    for part, parameter in zip(torch.split(rows, _spans(like), 1), like.parameters(), strict=True):
        yield part[:, : parameter.numel()].view(len(rows), *parameter.shape)


def _spans(network: ScoreModule) -> list[int]:
    return [ALIGNED * math.ceil(value.numel() / ALIGNED) for value in network.parameters()]


def _train(members: list[Member], tell: Tell) -> Iterator[tuple[Member, Stored]]:
    """Train members of one shape; each of them as soon as it has come to its end."""
    recipe = members[0].job.recipe
    step, start = 0, time.perf_counter()
    since = start
    stack = stack_of(members)
    while members:
        for member in members:
            set_rate(member.state, recipe)
        try:
            take_step(stack, members, recipe)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            halve(members[0].state, error)
            for member in members:
                member.state.batch = members[0].state.batch
            # Halving takes the gradients away.
            stack = stack_of(members)
            continue
        step += 1
        ended = [member for member in members if member.state.step == member.state.last]
        looked = members if step % recipe.check_every == 0 else ended
        if not looked:
            continue
        for member in looked:
            conclude(member.watch.look(member.state.mean), member.state, recipe, member.watch)
        now = time.perf_counter()
        for member in members:
            member.state.seconds += (now - since) / len(members)
        since = now
        tell(_progress(members, now - start))
        ended = [member for member in members if member.state.step >= member.state.last]
        if ended:
            members = [member for member in members if member not in ended]
            stack = stack_of(members) if members else stack
        for member in ended:
            losses = torch.stack(member.state.losses).float().cpu()
            training = Training(losses, member.state.seconds, member.state.batch)
            yield member, member.job.stored(training, member.watch)
        since = time.perf_counter()


def stack_of(members: Sequence[Member]) -> Stack:
    """The members' networks together, for their optimisers too."""
    stack = Stack([member.state.network for member in members])
    means = joined([member.state.mean for member in members])
    for member, *rows in zip(members, stack.weights, stack.gradients, means, strict=True):
        member.row.data, member.row.grad, member.mean_row = rows
    return stack


def take_step(stack: Stack, members: Sequence[Member], recipe: Recipe) -> None:
    """One step of all members, each on noise of its own."""
    states = [member.state for member in members]
    step = states[0].step
    levels = recipe.levels
    inputs, noise, level = map(
        torch.stack,
        zip(
            *(
                noisy(member.job.z, state.batch, levels, state.generator, recipe.antithetic)
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
    # Asking a GPU for a number makes it wait: there, once in a while has to do.
    if (not inputs.is_cuda or step % 50 == 0) and not bool(losses.isfinite().all()):
        _name_the_broken(members, errors, level, step + 1)
    scale = 1 / inputs.shape[2] if recipe.loss_scale is None else recipe.loss_scale
    # A member's loss depends on its own weights alone: the sum has the gradient of each.
    stack.backward(losses.sum() * scale)
    with torch.no_grad():
        for member, state, loss in zip(members, states, losses.detach(), strict=True):
            if recipe.clip < math.inf:
                nn.utils.clip_grad_norm_([member.row], recipe.clip)
            state.optimiser.step()
            state.step += 1
            member.mean_row.lerp_(member.row, recipe.mean_share(state.step - state.begun))
            state.losses.append(loss)


def _name_the_broken(members: Sequence[Member], errors: Tensor, level: Tensor, step: int) -> None:
    for member, error, own in zip(members, errors, level, strict=True):
        try:
            check_finite(error, own, step)
        except TrainingBrokeDown as broken:
            raise TrainingBrokeDown(f"{member.name}: {broken}") from None


def _progress(members: Sequence[Member], seconds: float) -> Progress:
    step, last = members[0].state.step, max(member.state.last for member in members)
    every = members[0].job.recipe.check_every
    losses = torch.stack([torch.stack(member.state.losses[-every:]).mean() for member in members])
    readings = torch.stack([member.watch.readings[-1] for member in members])
    left = seconds / step * (last - step)
    return Progress(step, last, float(losses.median()), float(readings.double().median()), left)
