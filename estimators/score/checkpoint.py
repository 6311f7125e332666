"""A training in progress as named tensors, and back: what a killed training goes on from."""

from __future__ import annotations

import json

import torch
from torch import Tensor

from estimators.score.cache import Stored
from estimators.score.training import State
from estimators.score.validation import Watch


def snapshot(state: State, watch: Watch) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata that hold all of a training's state."""
    tensors = {f"network/{k}": v for k, v in state.network.state_dict().items()}
    tensors |= {f"mean/{k}": v for k, v in state.mean.state_dict().items()}
    moments = state.optimiser.state_dict()["state"]
    for index, moment in moments.items():
        tensors |= {f"optimiser/{index}/{k}": torch.as_tensor(v) for k, v in moment.items()}
    for look, weights in watch.states.items():
        tensors |= {f"look/{look}/{k}": v for k, v in weights.items()}
    tensors["generator"] = state.generator.get_state()
    tensors["loss"] = torch.stack(state.losses)
    tensors["held_out_loss"] = torch.stack(watch.losses)
    tensors["readings"] = torch.stack(watch.readings)
    facts = {
        "batch": state.batch,
        "step": state.step,
        "decay_from": state.decay_from,
        "last": state.last,
        "seconds": state.seconds,
        "settled": state.settled,
        "rate": state.rate,
        "peak": state.peak,
        "weight_decay": state.optimiser.param_groups[0]["weight_decay"],
        "best_look": watch.best_look,
        "least": watch.least,
        "begun_look": watch.begun,
        "begun": state.begun,
    }
    about = f"training stopped at step {state.step}"
    return {k: v.detach().cpu() for k, v in tensors.items()}, {
        "facts": json.dumps(facts),
        "about": about,
    }


def restore(stored: Stored, state: State, watch: Watch) -> None:
    """Bring a training that has just begun to where the stored one was."""
    facts = json.loads(stored.metadata["facts"])
    device = watch.z.device

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
    count = len(optimiser["param_groups"][0]["params"])
    optimiser["state"] = {index: part(f"optimiser/{index}") for index in range(count)}
    optimiser["param_groups"][0]["weight_decay"] = facts["weight_decay"]
    state.optimiser.load_state_dict(optimiser)
    state.generator.set_state(stored.tensors["generator"])
    state.losses = list(stored.tensors["loss"].to(device))
    state.batch, state.step = facts["batch"], facts["step"]
    state.decay_from, state.last = facts["decay_from"], facts["last"]
    state.seconds, state.settled = facts["seconds"], facts["settled"]
    state.rate, state.peak = facts["rate"], facts["peak"]
    state.begun, watch.begun = facts["begun"], facts["begun_look"]
    watch.best_look, watch.least = facts["best_look"], facts["least"]
    watch.losses = list(stored.tensors["held_out_loss"])
    watch.best = torch.stack(watch.losses).min(0).values
    watch.readings = list(stored.tensors["readings"])
    watch.states = {look: part(f"look/{look}") for look in set(watch.best_look)}
