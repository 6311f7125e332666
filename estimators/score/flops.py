"""Floating-point operations of a training, counted and not timed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


def training_flops(network: nn.Module, z_width: int, batch: int) -> float:
    """Floating-point operations of one training step: forward and backward.

    ``network`` is a score network of coordinates (n, z_width). A product and its sum are two
    operations; what is done number by number (activations, norms, the optimiser) is not counted.
    Nothing is computed: the step is made by a copy whose tensors have shapes but no numbers.
    """
    ghost = copy.deepcopy(network).to("meta").requires_grad_(True)
    estimate = cast("Callable[[Tensor, Tensor], Tensor]", ghost.noise_estimate)
    z, level = torch.ones(batch, z_width, device="meta"), torch.ones(batch, device="meta")
    with torch.enable_grad(), FlopCounterMode(display=False) as counter:
        torch.autograd.backward(estimate(z, level).sum())
    return float(counter.get_total_flops())
