"""Private names of joblib that the engine uses: an upgrade that drops one is named."""

import inspect

import pytest

pytest.importorskip("distributed", reason="needs the extra 'cluster'")


def test_joblib_has_the_private_backend_that_clusters_need():
    try:
        from joblib._dask import DaskDistributedBackend as backend
    except ImportError:
        pytest.fail("joblib has no joblib._dask.DaskDistributedBackend, for bench.engine.cluster")
    message = "joblib's DaskDistributedBackend has other methods than bench.engine.cluster needs"
    assert {"client", "wait_for_workers_timeout"} <= set(inspect.signature(backend).parameters), (
        message
    )
    assert callable(getattr(backend, "effective_n_jobs", None)), message
