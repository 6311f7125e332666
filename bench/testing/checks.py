"""A check: a function of a subject that raises where the subject does not do what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal
from unittest import SkipTest

from manifolds.registry import nearest

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
        """Name of the check function, by which declarations call it."""
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
            said = str(error) if type(error) is AssertionError else f"{_kind(error)}: {error}"
            raise AssertionError(f"{title}: {said}") from error
        if self.reason:
            raise AssertionError(
                f"{title}: declared as impossible ({self.reason}), but it passes; remove the "
                "declaration"
            )


def _kind(error: Exception) -> str:
    return f"it raised {type(error).__name__}"


@dataclass(frozen=True)
class Result:
    """What came out of a check: ``reason`` says why it failed as declared, or does not apply."""

    check: str
    outcome: Outcome
    reason: str = ""


def require(fulfilled: Any, seen: str, wanted: str) -> None:
    """AssertionError that says both, unless it is fulfilled."""
    if not fulfilled:
        raise AssertionError(f"{seen}; wanted: {wanted}")


def functions_of(*modules: ModuleType) -> list[Function]:
    """The check functions of modules, in the order in which they stand there."""
    return [
        function
        for module in modules
        for name, function in vars(module).items()
        if name.startswith("check_") and function.__module__ == module.__name__
    ]


def declared(functions: Iterable[Function], cannot: Mapping[str, str], name: str) -> list[Check]:
    """The functions as checks, with the reasons of those that ``name`` cannot pass.

    Raises ValueError where a declaration names no check, or gives no reason.
    """
    functions = list(functions)
    known = [function.__name__ for function in functions]
    for check, reason in cannot.items():
        if check not in known:
            raise ValueError(
                f"{name} declares that it cannot pass an unknown check {check!r}; "
                f"{nearest(check, known)}known: {', '.join(known)}"
            )
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f"{name} declares that it cannot pass {check}, but not why")
    return [Check(function, cannot.get(function.__name__, "")) for function in functions]


def run_all(subject: Any, checks: Iterable[Check]) -> list[Result]:
    """Run the checks; AssertionError with what each of those that failed says, a line each."""
    results, failures = [], []
    for check in checks:
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
