"""Stanczuk et al. 2024: Table 2 and the figures."""

from __future__ import annotations

from bench.paper.publication import Item, Publication
from bench.paper.publications.stanczuk2024.dimension_items import HISTOGRAMS, NONUNIFORM
from bench.paper.publications.stanczuk2024.image_classes import CLASSES
from bench.paper.publications.stanczuk2024.robustness import NOISE, SAMPLE_SIZE
from bench.paper.publications.stanczuk2024.spectra_items import IMAGES, SPECTRA
from bench.paper.publications.stanczuk2024.study_items import ABLATION, AUTOENCODER
from bench.paper.publications.stanczuk2024.table_2 import SUITE, TABLE_2

#: In the publication's order.
FIGURES: tuple[Item, ...] = (
    *(SPECTRA, HISTOGRAMS, NONUNIFORM, NOISE, SAMPLE_SIZE),
    *(IMAGES, CLASSES, AUTOENCODER, ABLATION),
)

PUBLICATION = Publication(
    name="stanczuk2024",
    title="Your diffusion model secretly knows the dimension of the data manifold",
    source="Stanczuk et al. 2024, arXiv 2212.12611",
    suite=SUITE,
    items=(TABLE_2, *FIGURES),
)
