"""The checks of a manifold, from all modules that have some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import manifolds
from bench.testing import manifold_geometry, manifold_interface, manifold_repeats
from bench.testing.checks import Check, Result, declared, functions_of, run_all
from bench.testing.subjects import instance_of, reasons_of

REGISTRY = manifolds.catalogue.registry
FUNCTIONS = functions_of(manifold_interface, manifold_repeats, manifold_geometry)


def manifold_checks(
    manifold: Any, *, expected_failures: Mapping[str, str] | None = None
) -> Iterator[tuple[Any, Check]]:
    """Each check of a manifold as (instance, check), to be run by ``check(instance)``.

    ``manifold`` is a class, an instance, or a registered name. ``expected_failures`` gives the
    reason by the name of each check that it cannot pass; without it, those count that its
    registration declares (``cannot``). Raises ValueError for an unknown check among them, or one
    without a reason.
    """
    instance = instance_of(manifold, REGISTRY)
    reasons = reasons_of(instance, REGISTRY, expected_failures)
    for check in declared(FUNCTIONS, reasons, type(instance).__name__):
        yield instance, check


def check_manifold(
    manifold: Any, *, expected_failures: Mapping[str, str] | None = None
) -> list[Result]:
    """Run every check of a manifold, given as to ``manifold_checks``.

    Returns what came out of each check; raises AssertionError with a line for each check that
    failed, and for each that passed although declared otherwise.
    """
    checks = list(manifold_checks(manifold, expected_failures=expected_failures))
    return run_all(checks[0][0], (check for _, check in checks))
