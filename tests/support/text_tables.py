"""Text files of a table of points."""

import numpy as np

from manifolds.datasets.reading import read_points

POINTS = np.round(np.random.default_rng(0).random((40, 4)), 5)


def lines(values=POINTS, delimiter=",", first=""):
    rows = [delimiter.join(f"{v:.5f}" for v in row) for row in values]
    return "\n".join([first, *rows] if first else rows) + "\n"


def read(tmp_path, text, name="table.csv", **how):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_points(path, **how)
