"""The command that is being run, written so that it can be run again."""

from __future__ import annotations

import shlex

import typer

# These say what to do with the records that are there, not how they are made.
_NOT_KEPT = ("fresh", "retry", "dry_run", "download")


def typed(context: typer.Context, preset: str) -> str:
    """The command of a context with its options; ``preset`` is the one that it came to."""
    values = {**context.params, "preset": preset}
    parts = ["python", "-m", "bench", str(context.info_name)]
    for option in context.command.params:
        value = values.get(str(option.name))
        if option.name in _NOT_KEPT or value is None or value == option.default:
            continue
        for one in value if isinstance(value, (list, tuple)) else [value]:
            parts += [max(option.opts, key=len), str(one)]
    return shlex.join(parts)
