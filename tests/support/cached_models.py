"""Tensors and keys for tests of the cache of trained models."""

import json
import os
import time

import torch

KEYS = [f"{digit:x}" * 64 for digit in range(8)]


KEY = KEYS[0]


METADATA = {
    "about": "residual, 10 steps",
    "facts": json.dumps({"seconds": 1.5, "least": float("inf")}),
}


def tensors(seed=0, numbers=6):
    generator = torch.Generator().manual_seed(seed)
    return {
        "0.weight": torch.randn(2, numbers // 2, generator=generator),
        "0.bias": torch.randn(3, generator=generator).double(),
        "generator": torch.arange(5, dtype=torch.uint8),
        "step": torch.tensor(7.0),
        "none": torch.zeros(0, 4),
    }


def same(actual, expected):
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        assert actual[name].dtype == value.dtype
        torch.testing.assert_close(actual[name], value, rtol=0, atol=0)
    return True


def file_of(cache, key=KEY, kind="model"):
    return cache.folder / f"{key}{'' if kind == 'model' else '.checkpoint'}.safetensors"


def names(cache):
    return sorted(path.name for path in cache.folder.iterdir())


def set_last_use(cache, key, kind="model", *, minutes_ago):
    then = time.time() - 60 * minutes_ago
    os.utime(file_of(cache, key, kind), (then, then))
