"""The figures of Stanczuk et al. 2024, drawn from records; a module a figure."""

from __future__ import annotations

from bench.paper.figures import (
    ablation,
    autoencoder,
    classes,
    histograms,
    images,
    noise,
    nonuniform,
    sample_size,
    spectra,
)
from bench.paper.publication import Item

#: In the publication's order.
FIGURES: tuple[Item, ...] = (
    spectra.ITEM,
    histograms.ITEM,
    nonuniform.ITEM,
    noise.ITEM,
    sample_size.ITEM,
    images.ITEM,
    classes.ITEM,
    autoencoder.ITEM,
    ablation.ITEM,
)
