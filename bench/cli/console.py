"""The console that commands print to: texts of files and estimators cannot control it."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from bench.format import printable


class Terminal(Console):
    """Rich's console, with the control characters of texts written out."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as rich does."""
        super().print(*(_printable(one) for one in objects), **options)


def _printable(one: Any) -> Any:
    return printable(one) if isinstance(one, str) else one
