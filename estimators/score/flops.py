"""Floating-point operations of a training, counted and not timed."""

from __future__ import annotations

import copy

import torch
from torch.utils.flop_counter import FlopCounterMode

from estimators.score.protocol import ScoreModule


def training_flops(network: ScoreModule, z_width: int, batch: int) -> float:
    """Floating-point operations of one training step: forward and backward.

    ``network`` is a score network of coordinates (n, z_width). A product and its sum are two
    operations; what is done number by number (activations, norms, the optimiser) is not counted.
    Nothing is computed: the step is made by a copy whose tensors have shapes but no numbers.
    """
    ghost = copy.deepcopy(network).to("meta").requires_grad_(True)
    z, level = torch.ones(batch, z_width, device="meta"), torch.ones(batch, device="meta")
    with torch.enable_grad(), FlopCounterMode(display=False) as counter:
        torch.autograd.backward(ghost.noise_estimate(z, level).sum())
    return float(counter.get_total_flops())
