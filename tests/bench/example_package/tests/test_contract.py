"""The checks of the bench, a test each."""

from idbench_example.knot import TorusKnot
from idbench_example.packing import Packing

from bench.testing import parametrize_with_checks


@parametrize_with_checks([Packing, TorusKnot(p=3, q=5)])
def test_contract(subject, check):
    check(subject)
