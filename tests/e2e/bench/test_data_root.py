"""Data sets that have to be somewhere, through the real command line."""

from pathlib import Path

import pandas as pd
import pytest
from commandline import bench, rows

DEBIAN = Path("/usr/share/datasets")  # of the package dataset-fashion-mnist
SUITE = ("run", "--suite", "torchvision", "--preset", "smoke", "--estimators", "twonn,mle-5")


def test_a_missing_set_is_an_error_before_any_work(tmp_path):
    done = bench(*SUITE, "--data-root", tmp_path, "--out", tmp_path / "out", check=2)
    output = " ".join(done.stderr.split())
    assert f"FashionMNIST is not below the data root {tmp_path}" in output
    assert "put train-images-idx3-ubyte, train-labels-idx1-ubyte" in output
    assert not (tmp_path / "out").exists()


def test_an_invalid_data_root_is_an_error(tmp_path):
    done = bench(*SUITE, "--data-root", tmp_path / "absent", "--out", tmp_path / "out", check=2)
    assert "is not a folder" in done.stderr


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's package dataset-fashion-mnist is absent")
@pytest.mark.parametrize("root", [DEBIAN, DEBIAN / "fashion-mnist"])
def test_the_real_fashion_mnist_is_run(tmp_path, root):
    bench(
        *SUITE, "--manifolds", "fashion-mnist,fashion-mnist-1,fashion-mnist-6", "--data-root", root,
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert {status for (status,) in rows(tmp_path / "out", "status")} == {"ok"}
    table = pd.read_csv(tmp_path / "out" / "accuracy.csv").set_index(["manifold", "estimator"])
    assert table["truth"].isna().all()
    # Trousers are simpler than shirts, by any estimator.
    trousers, shirts = (table.loc[f"fashion-mnist-{label}", "estimate"] for label in (1, 6))
    assert (trousers < shirts).all()
    assert (tmp_path / "out" / "image-montage-fashion-mnist.png").exists()
