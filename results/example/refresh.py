"""Takes the example from two results folders: ``tox -e example`` makes them, and runs this."""

import shutil
from pathlib import Path

EXAMPLE = Path(__file__).parent
#: Results folder -> where its files go, and which.
TAKEN = {
    "euclidean": ("", ("accuracy.csv", "accuracy.md", "runtime.csv", "runtime.md", "*.png")),
    "paper-stanczuk2024": ("stanczuk2024", ("index.md", "tables/*", "figures/*")),
}

for folder, (place, patterns) in TAKEN.items():
    source, target = EXAMPLE.parent / folder, EXAMPLE / place
    if place:
        shutil.rmtree(target, ignore_errors=True)
    for pattern in patterns:
        for file in sorted(source.glob(pattern)):
            to = target / file.relative_to(source)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, to)
            print(to.relative_to(EXAMPLE.parent))
