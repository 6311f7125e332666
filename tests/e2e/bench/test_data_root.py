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
def test_the_real_fashion_mnist_is_run_from_its_own_folder_or_the_one_above(tmp_path):
    bench(
        *SUITE, "--manifolds", "fashion-mnist-1,fashion-mnist-6",
        "--data-root", DEBIAN / "fashion-mnist", "--out", tmp_path / "classes",
    )  # fmt: skip
    assert {status for (status,) in rows(tmp_path / "classes", "status")} == {"ok"}
    table = pd.read_csv(tmp_path / "classes" / "accuracy.csv").set_index(["manifold", "estimator"])
    assert table["truth"].isna().all()
    # Trousers are simpler than shirts, by any estimator.
    trousers, shirts = (table.loc[f"fashion-mnist-{label}", "estimate"] for label in (1, 6))
    assert (trousers < shirts).all()
    bench(*SUITE, "--manifolds", "fashion-mnist", "--data-root", DEBIAN, "--out", tmp_path / "all")
    assert rows(tmp_path / "all", "status") == [("ok",)] * 2
    assert (tmp_path / "all" / "image-montage-fashion-mnist.png").exists()
