"""Changes of source code for what mutmut leaves out: decorated functions and constants."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def call_decorators(code: str) -> str:
    """Return the same code with every ``@decorator`` of a function called in a line after it."""
    lines = code.splitlines()
    for node in reversed(list(ast.walk(ast.parse(code)))):
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            indent = " " * node.col_offset
            calls = [
                f"{indent}{node.name} = ({ast.unparse(decorator)})({node.name})"
                for decorator in reversed(node.decorator_list)
            ]
            first = node.decorator_list[0].lineno - 1
            end = node.end_lineno or node.lineno
            lines[first:end] = [*lines[node.lineno - 1 : end], *calls]
    return "\n".join(lines) + "\n"


def constants(code: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, line, new line and new code for each number in a constant, twice."""
    lines = code.splitlines()
    for statement in ast.parse(code).body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        if not ast.unparse(target).isupper():
            # The call of a decorator.
            continue
        for node in ast.walk(statement.value):
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                row, line = node.lineno - 1, lines[node.lineno - 1]
                for change in (" * 10", " // 10 or 1" if isinstance(node.value, int) else " / 10"):
                    number = line[node.col_offset : node.end_col_offset]
                    new = (
                        f"{line[: node.col_offset]}({number}{change}){line[node.end_col_offset :]}"
                    )
                    mutated = "\n".join([*lines[:row], new, *lines[row + 1 :], ""])
                    yield ast.unparse(target), line, new, mutated
