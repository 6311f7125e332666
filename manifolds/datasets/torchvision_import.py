"""Import of torchvision's data sets, beside a torch for the processor alone as well.

PyPI's torchvision is built for a torch with CUDA. Beside another one its compiled operators do not
load, and the import fails where it describes two of them that are not there ("operator
torchvision::nms does not exist"). Data sets need none of these operators.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def require_torchvision() -> None:
    """ValueError where torchvision is not installed; imports nothing."""
    if importlib.util.find_spec("torchvision") is None:
        raise ValueError(
            "this data set is read by torchvision, which is not installed; beside torch 2.N it is "
            "release 0.(N + 15): pip install 'torchvision>=0.21,<0.29'"
        )


def torchvision_datasets() -> Any:
    """The module torchvision.datasets; ValueError where torchvision is not installed."""
    require_torchvision()
    with _descriptions_of_what_is_missing_passed_over():
        import torchvision.datasets
    return torchvision.datasets


@contextmanager
def _descriptions_of_what_is_missing_passed_over() -> Iterator[None]:
    """While torchvision is imported, no fake is registered for an operator that did not load."""
    import torch

    original = torch.library.register_fake

    def register(operator: Any, *arguments: Any, **options: Any) -> Callable[[Any], Any]:
        if isinstance(operator, str) and operator.startswith("torchvision::"):
            if not hasattr(torch.ops.torchvision, operator.removeprefix("torchvision::")):
                return lambda function: function
        return original(operator, *arguments, **options)

    torch.library.register_fake = register
    try:
        yield
    finally:
        torch.library.register_fake = original
