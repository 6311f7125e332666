"""Adam in rotated coordinates against AdamW, and on gradients that are correlated."""

import pytest
import torch

from estimators.score import optimiser as module
from estimators.score.optimiser import RotatedAdam


def made(matrices=(), others=(), **changes):
    return RotatedAdam(
        matrices, others, **{"lr": 0.1, "betas": (0.9, 0.99), "weight_decay": 0.1, **changes}
    )


def gradients(count, shape=(6, 4), seed=0):
    """Gradients whose columns are combinations of one another, of very different size."""
    generator = torch.Generator().manual_seed(seed)
    mixed = torch.linalg.qr(torch.randn(shape[1], shape[1], generator=generator))[0]
    sizes = 10.0 ** -torch.arange(shape[1])
    return [torch.randn(*shape, generator=generator) * sizes @ mixed.T for _ in range(count)], mixed


def test_others_are_trained_by_adamw():
    start = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))
    ours, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    own = made(others=[ours])
    other = torch.optim.AdamW([theirs], lr=0.1, betas=(0.9, 0.99), weight_decay=0.1)
    for gradient in gradients(30, (3, 4))[0]:
        for value, stepping in ((ours, own), (theirs, other)):
            value.grad = gradient.clone()
            stepping.step()
    torch.testing.assert_close(ours, theirs)


def test_before_the_first_basis_a_matrix_is_trained_by_adamw_too():
    ours, theirs = torch.ones(6, 4, requires_grad=True), torch.ones(6, 4, requires_grad=True)
    own, other = made(matrices=[ours]), made(others=[theirs])
    for count, gradient in enumerate(gradients(22)[0], 1):
        for value, stepping in ((ours, own), (theirs, other)):
            value.grad = gradient.clone()
            stepping.step()
        assert torch.allclose(ours, theirs) == (count <= module.BASIS_EVERY)


def test_the_basis_is_that_in_which_gradients_are_uncorrelated():
    value = torch.zeros(60, 4, requires_grad=True)
    own = made(matrices=[value])
    drawn, mixed = gradients(41, (60, 4))
    for gradient in drawn:
        value.grad = gradient
        own.step()
    basis = own.state[value]["basis"]
    torch.testing.assert_close(basis.mT @ basis, torch.eye(4), atol=1e-5, rtol=0)
    # In ascending order, of either sign.
    torch.testing.assert_close((mixed.mT @ basis).abs().flip(1), torch.eye(4), atol=0.05, rtol=0)


def test_a_matrix_follows_the_gradient_along_its_smallest_direction_too():
    drawn, mixed = gradients(301, (60, 4))
    found = {}
    for name in ("matrices", "others"):
        value = torch.zeros(60, 4, requires_grad=True)
        own = made(**{name: [value]}, betas=(0.0, 0.9), weight_decay=0.0)
        moved = []
        for gradient in drawn:
            before, value.grad = value.detach().clone(), gradient
            own.step()
            moved.append((value.detach() - before) @ mixed)
        late = 10 * module.BASIS_EVERY + 1
        steps, along = torch.stack(moved[late:]), torch.stack(drawn[late:]) @ mixed
        sizes = steps.square().mean((0, 1)).sqrt()
        cosine = -(steps * along).mean((0, 1)) / (sizes * along.square().mean((0, 1)).sqrt())
        found[name] = sizes.max() / sizes.min(), cosine.min()
    # The gradients along them are as 1 to 1000, of which AdamW's steps do not follow the least.
    assert found["matrices"][0] < 2
    assert found["matrices"][1] > 0.8
    assert found["others"][1] < 0.1


def test_its_mean_gradient_turns_with_the_basis():
    value = torch.zeros(6, 4, requires_grad=True)
    own, expected = made(matrices=[value]), torch.zeros(6, 4)
    for gradient in gradients(50)[0]:
        value.grad = gradient
        own.step()
        expected.lerp_(gradient, 0.1)
    state = own.state[value]
    torch.testing.assert_close(state["mean"] @ state["basis"].mT, expected)


@pytest.mark.parametrize("stop", [7, 21])
def test_it_goes_on_from_a_stored_state(stop):
    drawn = gradients(45)[0]
    whole, again = torch.ones(6, 4, requires_grad=True), torch.ones(6, 4, requires_grad=True)
    first = made(matrices=[whole])
    for count, gradient in enumerate(drawn):
        if count == stop:
            stored = {key: value.clone() for key, value in first.state[whole].items()}
            again = whole.detach().clone().requires_grad_()
        whole.grad = gradient
        first.step()
    second = made(matrices=[again])
    second.load_state_dict({**second.state_dict(), "state": {0: stored}})
    for gradient in drawn[stop:]:
        again.grad = gradient
        second.step()
    assert torch.equal(again, whole)
