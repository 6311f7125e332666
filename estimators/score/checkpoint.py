"""Checkpoints: a training in progress as named tensors, from which a killed one is resumed."""

from __future__ import annotations

import json

import torch
from torch import Tensor

from estimators.score.cache import StoredTensors
from estimators.score.training import State
from estimators.score.validation import Validation


def snapshot(state: State, validation: Validation) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return tensors and metadata that hold all of a training's state."""
    tensors = {f"network/{k}": v for k, v in state.network.state_dict().items()}
    tensors |= {f"mean/{k}": v for k, v in state.mean.state_dict().items()}
    moments = state.optimiser.state_dict()["state"]
    for index, moment in moments.items():
        tensors |= {f"optimiser/{index}/{k}": torch.as_tensor(v) for k, v in moment.items()}
    for index, weights in validation.weights.items():
        tensors |= {f"look/{index}/{k}": v for k, v in weights.items()}
    tensors["generator"] = state.generator.get_state()
    tensors["loss"] = torch.stack(state.losses)
    tensors["held_out_loss"] = torch.stack(validation.losses)
    tensors["readings"] = torch.stack(validation.dimensions)
    if validation.least is not None:
        tensors["least"] = validation.least
    facts = {
        "batch": state.batch,
        "step": state.step,
        "decay_from": state.decay_from,
        "last": state.last,
        "seconds": state.seconds,
        "settled": state.converged,
        "rate": state.rate,
        "peak": state.peak,
        "weight_decay": state.optimiser.param_groups[0]["weight_decay"],
        "best_look": validation.best_evaluation,
        "begun_look": validation.first,
        "begun": state.started,
    }
    metadata = {"facts": json.dumps(facts), "about": f"training stopped at step {state.step}"}
    return {k: v.detach().cpu() for k, v in tensors.items()}, metadata


def restore(stored: StoredTensors, state: State, validation: Validation) -> None:
    """Restore a stored training into the initial state of the same one."""
    facts = json.loads(stored.metadata["facts"])
    device = validation.z.device

    def part(name: str) -> dict[str, Tensor]:
        prefix = f"{name}/"
        return {
            key.removeprefix(prefix): value.to(device)
            for key, value in stored.tensors.items()
            if key.startswith(prefix)
        }

    state.network.load_state_dict(part("network"))
    state.mean.load_state_dict(part("mean"))
    optimiser = state.optimiser.state_dict()
    count = sum(len(group["params"]) for group in optimiser["param_groups"])
    optimiser["state"] = {index: part(f"optimiser/{index}") for index in range(count)}
    for group in optimiser["param_groups"]:
        group["weight_decay"] = facts["weight_decay"]
    state.optimiser.load_state_dict(optimiser)
    state.generator.set_state(stored.tensors["generator"])
    state.losses = list(stored.tensors["loss"].to(device))
    state.batch, state.step = facts["batch"], facts["step"]
    state.decay_from, state.last = facts["decay_from"], facts["last"]
    state.seconds, state.converged = facts["seconds"], facts["settled"]
    state.rate, state.peak = facts["rate"], facts["peak"]
    state.started, validation.first = facts["begun"], facts["begun_look"]
    validation.best_evaluation, validation.least = facts["best_look"], stored.tensors.get("least")
    validation.losses = list(stored.tensors["held_out_loss"])
    validation.best = torch.stack(validation.losses).min(0).values
    validation.dimensions = list(stored.tensors["readings"])
    validation.weights = {i: part(f"look/{i}") for i in set(validation.best_evaluation)}
