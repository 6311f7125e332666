"""Figures of synthetic records that the tests of a publication's figures share."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from figure_records import all_records, material

from bench.paper.publications.stanczuk2024 import FIGURES

REPORTED = Path(__file__).parents[4] / "results" / "reported"


class Figures(dict):
    """Figures by the name of their item, each drawn on first use."""

    def __init__(self, store):
        self.store = store
        self.items_by_name = {item.name: item for item in FIGURES}

    def __missing__(self, name):
        self[name] = self.items_by_name[name].make(material(*self.store))
        return self[name]


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """A store of which every figure can be drawn, with the tables of two beside its records."""
    folder = tmp_path_factory.mktemp("store")
    rows = all_records(folder)
    (folder / "figures").mkdir()
    ablation = pd.read_csv(REPORTED / "studies" / "ablation.csv")
    ablation.assign(budget=1.0).to_csv(folder / "figures" / "ablation.csv", index=False)
    errors = pd.read_csv(REPORTED / "autoencoder" / "autoencoder-fashion-mnist.csv")
    errors.assign(steps=100).to_csv(folder / "figures" / "autoencoder-digits.csv", index=False)
    return rows, folder


@pytest.fixture(scope="session")
def figures(store):
    return Figures(store)
