"""Adam in rotated coordinates, in which the gradients of a matrix are least correlated.

SOAP (Vyas et al. 2024, arXiv 2409.11321) for the input side of matrices only: there the features
of a layer are correlated, and Adam by itself moves along few of their combinations. The products
with a basis cost a third of a training step, where the iterations of Muon double it.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

#: Steps between updates of the gradients' covariance, and of the basis of its eigenvectors.
COVARIANCE_EVERY, BASIS_EVERY = 4, 20
#: Share of the last gradient in the running mean of covariances.
SHARE = 0.01
#: Added to the root of the mean square of a gradient.
EPSILON = 1e-8


class RotatedAdam(torch.optim.Optimizer):
    """AdamW, for ``matrices`` in the eigenbasis of their gradients' covariance over the inputs.

    ``others`` are trained by AdamW as it is. Learning rates are those of AdamW.
    """

    def __init__(
        self,
        matrices: Iterable[Tensor],
        others: Iterable[Tensor],
        *,
        lr: float,
        betas: tuple[float, float],
        weight_decay: float,
    ) -> None:
        super().__init__(
            [
                {"params": list(matrices), "rotated": True},
                {"params": list(others), "rotated": False},
            ],
            {"lr": lr, "betas": betas, "weight_decay": weight_decay},
        )

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take a step along the gradients."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.zeros(())
                    state["mean"] = torch.zeros_like(parameter)
                    state["square"] = torch.zeros_like(parameter)
                state["step"] += 1
                gradient = parameter.grad
                if group["rotated"]:
                    gradient = gradient @ _basis(gradient, state)
                change = _adam(gradient, state, group["betas"])
                if group["rotated"]:
                    change = change @ state["basis"].mT
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(change, alpha=-group["lr"])


def _adam(gradient: Tensor, state: dict[str, Tensor], betas: tuple[float, float]) -> Tensor:
    """Update the moments of a gradient, and return the change of Adam at a rate of one."""
    step = int(state["step"])
    state["mean"].lerp_(gradient, 1 - betas[0])
    state["square"].lerp_(gradient.square(), 1 - betas[1])
    size = (state["square"] / (1 - betas[1] ** step)).sqrt_().add_(EPSILON)
    return state["mean"] / size.mul_(1 - betas[0] ** step)


def _basis(gradient: Tensor, state: dict[str, Tensor]) -> Tensor:
    """Update and return the basis (inputs, inputs) of a matrix, and turn its mean into it."""
    step = int(state["step"])
    if "basis" not in state:
        state["covariance"] = gradient.mT @ gradient
        state["basis"] = torch.eye(gradient.shape[1], device=gradient.device)
    elif step % COVARIANCE_EVERY == 1:
        state["covariance"].lerp_(gradient.mT @ gradient, SHARE)
    if step % BASIS_EVERY == 1 and step > 1:
        basis = torch.linalg.eigh(state["covariance"])[1]
        state["mean"] = state["mean"] @ (state["basis"].mT @ basis)
        state["basis"] = basis
    return state["basis"]
