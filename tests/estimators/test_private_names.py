"""Private names of scikit-dimension that estimators use: an upgrade that drops one is named."""

import inspect

import pytest

from estimators.scikit_dimension import scikit_dimension

USED = {
    "_GRIDE._gride": (["dists", "n1", "n2"], "estimators.distances.Gride"),
    "MiND_ML._MiND_MLi": (["self", "rhos"], "estimators.distances.MiNDML"),
    "MiND_ML._MiND_MLk": (["self", "rhos", "dinit"], "estimators.distances.MiNDML"),
}


@pytest.mark.parametrize("name", USED)
def test_scikit_dimension_has_a_private_name_that_we_use(name):
    parameters, user = USED[name]
    with scikit_dimension() as module:
        result = module
        for part in name.split("."):
            result = getattr(result, part, None)
    version = f"scikit-dimension has no skdim.id.{name}(...) as {user} uses it"
    assert result is not None, version
    assert list(inspect.signature(result).parameters)[: len(parameters)] == parameters, version
