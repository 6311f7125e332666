"""`bench estimate` within one process: cells that it runs, output and files."""

import io
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from commandline import TROUBLE
from in_process import run_cells
from PIL import Image
from rich.console import Console

import manifolds
from bench.estimation.command import default_folder, estimate
from bench.estimation.estimates import INTERVALS


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """A file of 101 points of a sphere in R^6, one of them twice."""
    rows = manifolds.get("sphere", dimension=3, ambient=6).sample(100, seed=0).points
    path = tmp_path_factory.mktemp("points") / "mine.npy"
    np.save(path, np.concatenate([rows, rows[:1]]))
    return path


@pytest.fixture(scope="module")
def done(points):
    """Rows, output and folder of an estimate of them."""
    out, screen = points.parent / "out", io.StringIO()
    out.mkdir()
    (out / "estimate.svg").write_text("of earlier points")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.engine.complete.run_cells", run_cells)
        rows = estimate(
            points, halves=3, out=out, console=Console(file=screen, width=200), jobs=1,
            estimators=["twonn", "lpca-global", "raises"], plugins=[TROUBLE],
        )  # fmt: skip
    return rows.set_index("estimator"), screen.getvalue(), out


def test_a_line_has_estimate_interval_source_halves_and_seconds(done):
    rows, text, _ = done
    row = rows.loc["twonn"]
    (line,) = (line for line in text.splitlines() if line.startswith("twonn "))
    assert line.split() == [
        "twonn", f"{row['estimate']:.2f}", f"{row['low']:.2f}", "to", f"{row['high']:.2f}",
        "3", "halves", f"{row['half_estimate']:.2f}", f"{row['seconds']:.1f}",
    ]  # fmt: skip
    heading = next(line for line in text.splitlines() if line.startswith("estimator "))
    headings = ["dimension", "another sample (95 %)", "from", "on halves", "seconds"]
    assert re.split("  +", heading.strip()) == ["estimator", *headings]
    assert INTERVALS in " ".join(text.split())


def test_halves_with_equal_estimates_are_shown_instead_of_an_interval(done):
    rows, text, _ = done
    assert math.isnan(rows.loc["lpca-global", "low"])
    (line,) = (line for line in text.splitlines() if line.startswith("lpca-global "))
    assert line.split()[:6] == ["lpca-global", "4.00", "3", "halves,", "all", "4"]


def test_what_failed_has_its_status_and_its_reason(done):
    _, text, _ = done
    lines = [line for line in text.splitlines() if line.startswith("raises")]
    assert [line.split() for line in lines[:1]] == [["raises", "failed"]]
    assert lines[1].startswith("raises: failed: RuntimeError: no [good] neighbours & 5 % left")
    assert len(lines) == 2


def test_size_caveats_and_files_are_printed(done, points):
    _, text, out = done
    assert text.startswith(f"{points}: 101 points of 6 coordinates\n")
    caveats = (out / "caveats.txt").read_text().splitlines()
    assert any("1 of 101 points are duplicates" in line for line in caveats)
    assert "Caveats:\n" in text
    shown = " ".join(text.split())
    for line in caveats:
        assert f"- {line}" in shown
    assert text.rstrip().endswith(
        f"written to {out}: estimate.csv, caveats.txt, estimate.json, estimate.png, estimate.svg"
    )
    assert "of earlier points" not in (out / "estimate.svg").read_text()


def test_the_json_file_has_facts_and_estimates(done, points):
    rows, _, out = done
    facts = json.loads((out / "estimate.json").read_text())
    assert facts["path"] == str(points)
    assert (facts["n"], facts["distinct"], facts["ambient"], facts["shape"]) == (101, 100, 6, [6])
    assert facts["median"] == pytest.approx(rows["estimate"].median())
    assert facts["intervals"] == INTERVALS
    by_name = {row["estimator"]: row for row in facts["estimates"]}
    assert by_name["raises"]["estimate"] is None
    assert by_name["twonn"]["high"] == pytest.approx(rows.loc["twonn", "high"], abs=1e-5)
    assert {"estimator", "text"} == set(facts["caveats"][0])
    table = pd.read_csv(out / "estimate.csv").set_index("estimator")
    assert table.loc["twonn", "low"] == pytest.approx(rows.loc["twonn", "low"])


def test_again_nothing_is_run_and_json_alone_goes_to_the_standard_output(done, points, capsys):
    rows, _, out = done
    before = (out / "records.sqlite").stat().st_mtime_ns
    again = estimate(
        points, halves=3, out=out, console=Console(), jobs=1, as_json_text=True,
        estimators=["twonn", "lpca-global", "raises"], plugins=[TROUBLE],
    )  # fmt: skip
    output = capsys.readouterr()
    assert json.loads(output.out) == json.loads((out / "estimate.json").read_text())
    assert "101 points" in output.err.replace("\n", "")
    assert list(again["estimate"].dropna()) == list(rows["estimate"].dropna())
    assert (out / "records.sqlite").stat().st_mtime_ns == before


def test_results_go_to_a_folder_named_after_file_and_array(tmp_path):
    assert str(default_folder(tmp_path / "a.npz", None, None)) == "results/estimate-a.npz"
    assert str(default_folder(tmp_path / "a.npz", "x", None)) == "results/estimate-a.npz-x"
    assert default_folder(tmp_path / "a.npz", "x", tmp_path) == tmp_path


def again(path, out, monkeypatch, **more):
    """Return the cells that an estimate with twonn and an estimator that fails runs."""
    cells_run = []

    def note(job, cells, store, console, silent=None):
        cells_run.extend((cell.manifold, cell.estimator) for cell in cells)
        run_cells(job, cells, store, console)

    monkeypatch.setattr("bench.engine.complete.run_cells", note)
    estimate(
        path, halves=0, out=out, console=Console(quiet=True), estimators=["twonn", "raises"],
        plugins=[TROUBLE], jobs=1, **more,
    )  # fmt: skip
    return cells_run


def test_failures_are_run_again_with_retry_and_all_where_it_is_to_be_fresh(
    points, tmp_path, monkeypatch
):
    every = [("all", "raises"), ("all", "twonn")]
    assert again(points, tmp_path, monkeypatch) == every
    assert again(points, tmp_path, monkeypatch) == []
    assert again(points, tmp_path, monkeypatch, retry=True) == every[:1]
    assert again(points, tmp_path, monkeypatch, fresh=True) == every


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A folder of 45 images of three channels, 5 x 4."""
    folder = tmp_path_factory.mktemp("images") / "mine"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(45):
        pixels = rng.integers(0, 256, (5, 4, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    return folder


def test_images_have_their_size_and_a_report_of_their_own(images, tmp_path, monkeypatch):
    monkeypatch.setattr("bench.engine.complete.run_cells", run_cells)
    screen = io.StringIO()
    estimate(
        images, halves=2, out=tmp_path, console=Console(file=screen, width=200), jobs=1,
        estimators=["mle", "twonn"],
    )  # fmt: skip
    lines = screen.getvalue().splitlines()
    assert lines[0] == f"{images}: 45 images of 3 x 5 x 4"
    facts = json.loads((tmp_path / "estimate.json").read_text())
    assert (facts["shape"], facts["ambient"], facts["distinct"]) == ([3, 5, 4], 60, 45)
    names = lines[-1].partition(": ")[2].split(", ")
    assert names[:3] == ["estimate.csv", "caveats.txt", "estimate.json"]
    assert {"image-summary.txt", "image-png-size.csv", "image-montage-all.png"} <= set(names)
    assert all((tmp_path / name).exists() for name in names)
    # Halves are no sets of images of their own.
    assert not list(tmp_path.glob("image-*half*"))


def test_results_among_the_images_are_refused_before_anything_is_run(images, monkeypatch):
    monkeypatch.setattr("bench.engine.complete.run_cells", None)
    for out in (images, images / "out"):
        with pytest.raises(ValueError, match="results must not go into the folder of images, but"):
            estimate(images, out=out, console=Console(quiet=True))
        assert not (images / "out").exists()


def test_without_any_estimate_there_is_no_figure(points, tmp_path, monkeypatch):
    (tmp_path / "estimate.png").write_text("of earlier points")
    monkeypatch.setattr("bench.engine.complete.run_cells", run_cells)
    screen = io.StringIO()
    rows = estimate(
        points, halves=0, out=tmp_path, console=Console(file=screen, width=200), jobs=1,
        estimators=["raises"], plugins=[TROUBLE],
    )  # fmt: skip
    assert rows["estimate"].isna().all()
    assert not (tmp_path / "estimate.png").exists()
    assert json.loads((tmp_path / "estimate.json").read_text())["median"] is None
    text = screen.getvalue()
    assert INTERVALS[:20] not in text
    assert text.splitlines()[-1] == (
        f"written to {tmp_path}: estimate.csv, caveats.txt, estimate.json"
    )


def test_records_of_other_runs_and_the_array_are_used(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.engine.complete.run_cells", run_cells)
    rows = np.random.default_rng(0).random((60, 3))
    np.savez(tmp_path / "two.npz", a=np.zeros((60, 3)), b=rows)
    pd.DataFrame(
        [("mine", "twonn", 3.0, 9.0, 3, 60)],
        columns=["manifold", "estimator", "truth", "estimate", "ambient", "n"],
    ).to_csv(tmp_path / "accuracy.csv")
    estimate(
        tmp_path / "two.npz", array="b", halves=0, out=tmp_path / "out", estimators=["twonn"],
        records=[tmp_path], console=Console(quiet=True), jobs=1,
    )  # fmt: skip
    caveats = (tmp_path / "out" / "caveats.txt").read_text()
    assert "twonn: off by more than 15 % on" in caveats
    assert "most on mine (9.00 of 3, n = 60)" in caveats
    with pytest.raises(ValueError, match="is no accuracy table of a run"):
        estimate(tmp_path / "two.npz", array="b", records=[tmp_path / "out"],
                 console=Console(quiet=True))  # fmt: skip


def test_text_among_the_numbers_of_other_runs_is_refused_before_anything_is_run(
    tmp_path, monkeypatch
):
    np.save(tmp_path / "points.npy", np.random.default_rng(0).random((50, 3)))
    (tmp_path / "accuracy.csv").write_text(
        "manifold,estimator,truth,estimate,ambient,n\nown,pca,x,2,3,400\n"
    )
    monkeypatch.setattr("bench.engine.complete.run_cells", lambda *_, **__: pytest.fail("ran"))
    with pytest.raises(ValueError, match=r"accuracy\.csv .*'truth' must be numbers"):
        estimate(
            tmp_path / "points.npy", records=[tmp_path], estimators=["twonn"], out=tmp_path / "out",
            console=Console(quiet=True), jobs=1,
        )  # fmt: skip
    assert not (tmp_path / "out").exists()
