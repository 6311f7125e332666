"""The digits that come with scikit-learn."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from manifolds.catalogue import register
from manifolds.datasets.base import ImageSet, Labels
from manifolds.parameters import whole_number


@register(
    "digits", source="Alpaydin & Kaynak 1998, UCI Optical Recognition of Handwritten Digits (test)"
)
@frozen(kw_only=True)
class Digits(ImageSet):
    """Handwritten digits of 8 x 8 pixels, 1797 of them; nothing has to be downloaded."""

    white: ClassVar[float] = 16.0
    label: int | None = whole_number(None, "which digit (None: all)", least=0, most=9, none=True)

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """Channels, height, width."""
        return (1, 8, 8)

    def images(self) -> tuple[NDArray[Any], Labels]:
        return _digits()


@lru_cache(maxsize=1)
def _digits() -> tuple[NDArray[Any], Labels]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images[:, None], digits.target.astype(np.int64)
