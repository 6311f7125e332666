"""Fixtures of the tests of the score family."""

import warnings

import pytest
import torch

from estimators.score.cache import ModelCache


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def shared_models(tmp_path_factory):
    """A cache of the test module's own, so that estimators of one model train it once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_CACHE", str(tmp_path_factory.mktemp("models")))
        yield


@pytest.fixture
def gaussian():
    """A maker of normal points."""
    return _gaussian


def _gaussian(count: int = 20_000) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Normal points on a 3-dimensional subspace of R^8, its frame and standard deviations."""
    generator = torch.Generator().manual_seed(0)
    frame = torch.linalg.qr(torch.randn(8, 3, generator=generator, dtype=torch.float64))[0]
    scales = torch.tensor([3.0, 1.0, 0.2], dtype=torch.float64)
    latent = torch.randn(count, 3, generator=generator, dtype=torch.float64)
    # Exactly white, so that the sample's covariance is that of the distribution.
    latent = latent - latent.mean(0)
    latent = latent @ torch.linalg.inv(torch.linalg.cholesky(latent.T @ latent / count)).T
    return (latent * scales) @ frame.T + 5.0, frame, scales


@pytest.fixture
def cache(tmp_path):
    return ModelCache(tmp_path / "models", 10**9)


@pytest.fixture
def quiet():
    """No warning may be given."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
