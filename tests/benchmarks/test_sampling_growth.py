"""Time of sampling every manifold that needs no files against n and D: ``tox -e bench``."""

import pytest

import manifolds
from manifolds.datasets.base import ImageSet
from manifolds.datasets.user_file import UserFile

pytestmark = [pytest.mark.benchmark(group="sample")]

NS = (2000, 4000, 8000, 16_000)
N = 8000
#: Values of the parameter for the size of a point, first the one that is not varied.
SIZES = {"ambient": (100, 50, 200, 400), "size": (32, 16, 24, 48)}


def cases():
    """Name, n and parameters: along n with those that are not varied, along D at one n."""
    for name in manifolds.names():
        entry = manifolds.entry(name)
        if issubclass(entry.cls, (ImageSet, UserFile)):
            continue
        varied = [parameter for parameter in SIZES if parameter in entry.parameters]
        first, *others = [{key: size} for key in varied for size in SIZES[key]] or [{}]
        yield from ((name, n, first) for n in NS)
        yield from ((name, N, size) for size in others)


def title(value: object) -> str | None:
    return "-".join(map(str, value.values())) if isinstance(value, dict) else None


@pytest.mark.parametrize(("name", "n", "size"), list(cases()), ids=title)
def test_sample(name, n, size, timed):
    manifold = manifolds.get(name, **size)
    ambient = manifold.sample(1, 0).points.shape[1]
    timed(lambda: manifold.sample(n, 1), manifold=name, n=n, D=ambient)
