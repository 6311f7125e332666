"""Mutants that mutmut does not make, of decorated functions and constants, and the parts."""

import ast
from pathlib import Path

import pytest
import sources
from parts import PARTS

ROOT = Path(__file__).parents[2]
CODE = '''
from functools import lru_cache, wraps


def twice(function):
    @wraps(function)
    def call(*given):
        return 2 * function(*given)

    return call


class Box:
    @property
    def size(self):
        """Of a box."""
        return 3


@twice
@lru_cache(
    maxsize=None
)
def add(a, b):
    return a + b
'''


def test_functions_without_their_decorators_do_the_same():
    changed = sources.call_decorators(CODE)
    functions = [node for node in ast.walk(ast.parse(changed)) if isinstance(node, ast.FunctionDef)]
    assert not any(node.decorator_list for node in functions)
    namespace = {}
    exec(changed, namespace)
    assert namespace["Box"]().size == 3
    assert namespace["add"](1, 2) == 6
    assert namespace["add"].__wrapped__.cache_info().misses == 1


def test_each_number_of_a_constant_becomes_larger_and_smaller():
    code = "HIGH, LOW = 2.0, 8\nNAME = 'x'\nPOWER: float = 2**4\nON = True\ndef f(): return 3\n"
    changes = [(name, new) for name, _, new, _ in sources.constants(code)]
    assert changes == [
        ("(HIGH, LOW)", "HIGH, LOW = (2.0 * 10), 8"),
        ("(HIGH, LOW)", "HIGH, LOW = (2.0 / 10), 8"),
        ("(HIGH, LOW)", "HIGH, LOW = 2.0, (8 * 10)"),
        ("(HIGH, LOW)", "HIGH, LOW = 2.0, (8 // 10 or 1)"),
        ("POWER", "POWER: float = (2 * 10)**4"),
        ("POWER", "POWER: float = (2 // 10 or 1)**4"),
        ("POWER", "POWER: float = 2**(4 * 10)"),
        ("POWER", "POWER: float = 2**(4 // 10 or 1)"),
    ]
    for _, _, new, mutated in sources.constants(code):
        assert new in mutated.splitlines()
        compile(mutated, "mutated", "exec")


@pytest.mark.parametrize("name", PARTS)
def test_modules_and_tests_of_a_part_exist(name):
    part = PARTS[name]
    files = [*part.modules, *part.tests, *(test.partition("::")[0] for test in part.without)]
    assert [file for file in files if not (ROOT / file).is_file()] == []
    for test in part.without:
        file, _, function = test.partition("::")
        assert f"def {function}(" in (ROOT / file).read_text()
