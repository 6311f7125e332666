"""A check: a function that raises where its subject, an estimator or a manifold, fails."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal
from unittest import SkipTest

from manifolds.registry import AnyEntry, Registry, nearest

Function = Callable[[Any], None]
Outcome = Literal["passed", "failed as declared", "does not apply"]


@dataclass(frozen=True)
class Check:
    """A check function, and why the subject cannot pass it: "" where it can.

    Calling it with the subject raises AssertionError where the subject fails, and where it passes
    although it is declared that it cannot; unittest.SkipTest, which pytest knows, where the check
    does not apply to the subject.
    """

    function: Function
    reason: str = ""

    @property
    def name(self) -> str:
        """Name of the check function, which declarations use."""
        return self.function.__name__

    def __call__(self, subject: Any) -> None:
        title = f"{type(subject).__name__}: {self.name}"
        try:
            self.function(subject)
        except SkipTest as why:
            if self.reason:
                raise AssertionError(
                    f"{title}: declared as impossible ({self.reason}), but it does not apply "
                    f"({why}); remove the declaration"
                ) from None
            raise
        except Exception as error:
            if self.reason:
                return
            kind = "" if type(error) is AssertionError else f"it raised {type(error).__name__}: "
            raise AssertionError(f"{title}: {kind}{error}") from error
        if self.reason:
            raise AssertionError(
                f"{title}: declared as impossible ({self.reason}), but it passes; remove the "
                "declaration"
            )


@dataclass(frozen=True)
class Result:
    """The result of a check: ``reason`` says why it failed as declared, or does not apply."""

    check: str
    outcome: Outcome
    reason: str = ""


def assert_that(condition: Any, observed: str, expected: str) -> None:
    """Raise AssertionError with what was observed and expected, unless the condition holds."""
    if not condition:
        raise AssertionError(f"{observed}; expected: {expected}")


def functions_of(*modules: ModuleType) -> list[Function]:
    """Return the check functions of modules, in their order."""
    return [
        function
        for module in modules
        for name, function in vars(module).items()
        if name.startswith("check_") and function.__module__ == module.__name__
    ]


def instance_of(subject: Any, registry: Registry[Any]) -> Any:
    """Return ``subject`` if it is an instance, else one with default parameters.

    Raises ValueError for an unknown name, and for a class that needs parameters.
    """
    if isinstance(subject, str):
        return registry.get(subject)
    if not inspect.isclass(subject):
        return subject
    try:
        return subject()
    except TypeError as error:
        raise ValueError(
            f"{subject.__name__} cannot be made without parameters ({error}): give the check an "
            "instance"
        ) from error


def entry_of(subject: Any, registry: Registry[AnyEntry]) -> AnyEntry | None:
    """Return the entry of an instance's class, None where it is not registered."""
    return next((entry for entry in registry.entries() if entry.cls is type(subject)), None)


def parameters_of(subject: Any) -> list[str]:
    """Return the names of the constructor's parameters."""
    return list(inspect.signature(type(subject)).parameters)


def checks_of(
    instance: Any,
    functions: Iterable[Function],
    registry: Registry[Any],
    expected_failures: Mapping[str, str] | None,
) -> list[Check]:
    """Return the functions as checks, with the reasons of those that the instance cannot pass.

    Without ``expected_failures`` these are those that its registration declares. Raises ValueError
    for an unknown check among them, or one without a reason.
    """
    if (reasons := expected_failures) is None:
        entry = entry_of(instance, registry)
        reasons = {} if entry is None else entry.cannot
    functions, name = list(functions), type(instance).__name__
    known = [function.__name__ for function in functions]
    for check, reason in reasons.items():
        if check not in known:
            raise ValueError(
                f"{name} declares that it cannot pass an unknown check {check!r}; "
                f"{nearest(check, known)}known: {', '.join(known)}"
            )
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f"{name} declares that it cannot pass {check}, but not why")
    return [Check(function, reasons.get(function.__name__, "")) for function in functions]


def run_all(checks: Iterable[tuple[Any, Check]]) -> list[Result]:
    """Run checks of a subject; AssertionError with a line for each of those that failed."""
    results, failures = [], []
    for subject, check in checks:
        try:
            check(subject)
        except SkipTest as why:
            results.append(Result(check.name, "does not apply", str(why)))
        except AssertionError as failure:
            failures.append(failure)
        else:
            outcome: Outcome = "failed as declared" if check.reason else "passed"
            results.append(Result(check.name, outcome, check.reason))
    if failures:
        raise AssertionError("\n".join(map(str, failures))) from failures[0]
    return results
