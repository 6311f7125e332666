"""What `bench estimate` runs, prints and writes, from within one process."""

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
from bench.estimation.caveats import Caveat
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


def test_halves_that_read_the_same_are_shown_in_the_place_of_an_interval(done):
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


def test_size_caveats_and_files_are_told(done, points):
    _, text, out = done
    assert text.startswith(f"{points}: 101 points of 6 coordinates\n")
    told = (out / "caveats.txt").read_text().splitlines()
    assert any("1 of 101 points are duplicates" in line for line in told)
    assert "Caveats:\n" in text
    shown = " ".join(text.split())
    for line in told:
        assert f"- {line}" in shown
    assert text.rstrip().endswith(
        f"written to {out}: estimate.csv, caveats.txt, estimate.json, estimate.png, estimate.svg"
    )
    assert "of earlier points" not in (out / "estimate.svg").read_text()


def test_facts_for_programs(done, points):
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
    said = capsys.readouterr()
    assert json.loads(said.out) == json.loads((out / "estimate.json").read_text())
    assert "101 points" in said.err.replace("\n", "")
    assert list(again["estimate"].dropna()) == list(rows["estimate"].dropna())
    assert (out / "records.sqlite").stat().st_mtime_ns == before


def test_results_go_to_a_folder_named_after_file_and_array(tmp_path):
    assert str(default_folder(tmp_path / "a.npz", None, None)) == "results/estimate-a.npz"
    assert str(default_folder(tmp_path / "a.npz", "x", None)) == "results/estimate-a.npz-x"
    assert default_folder(tmp_path / "a.npz", "x", tmp_path) == tmp_path


def again(path, out, monkeypatch, **more):
    """The cells that an estimate of twonn and an estimator that fails would run now."""
    ran = []

    def note(job, cells, store, console, silent=None):
        ran.extend((cell.manifold, cell.estimator) for cell in cells)
        run_cells(job, cells, store, console)

    monkeypatch.setattr("bench.engine.complete.run_cells", note)
    estimate(
        path, halves=0, out=out, console=Console(quiet=True), estimators=["twonn", "raises"],
        plugins=[TROUBLE], jobs=1, **more,
    )  # fmt: skip
    return ran


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


def test_without_any_answer_there_is_a_reason_and_no_figure(points, tmp_path, monkeypatch):
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
    # What an interval is, is said where there is one.
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
    told = (tmp_path / "out" / "caveats.txt").read_text()
    assert "twonn: off by more than 15 % on" in told
    assert "most on mine (9.00 of 3, n = 60)" in told
    with pytest.raises(ValueError, match="is no accuracy table of a run"):
        estimate(tmp_path / "two.npz", array="b", records=[tmp_path / "out"],
                 console=Console(quiet=True))  # fmt: skip


def printed(monkeypatch, points, out, rows, told, **look):
    """What is printed of answers and caveats that are made up."""
    monkeypatch.setattr("bench.engine.complete.run_cells", run_cells)
    monkeypatch.setattr("bench.estimation.command.estimate_table", lambda records, folder: rows)
    monkeypatch.setattr("bench.estimation.command.caveats", lambda *given: told)
    screen = io.StringIO()
    estimate(
        points, halves=0, out=out, console=Console(file=screen, width=120, **look), jobs=1,
        estimators=["twonn"],
    )  # fmt: skip
    return screen.getvalue().splitlines()


def test_the_table_has_a_column_for_each_number_and_none_where_there_is_none(
    points, tmp_path, monkeypatch
):
    nan = math.nan
    columns = ["estimator", "estimate", "low", "high", "interval", "half_estimate", "seconds",
               "status", "message", "family", "confidence"]  # fmt: skip
    rows = pd.DataFrame(
        [
            ("a", 5.0, 4.0, 6.5, "4 halves", 4.5, 0.26, "ok", "a warning", "linear", nan),
            ("b", 12.0, nan, nan, "", nan, nan, "ok", "on a half: failed: [red]", "linear", nan),
            ("c", nan, nan, nan, "", 3.0, 1.0, "timeout", "took [1] s\nand more", "linear", nan),
        ],
        columns=columns,
    )
    told = [Caveat("first [1]"), Caveat("long " * 40, "a")]
    lines = printed(monkeypatch, points, tmp_path, rows, told)
    start = next(i for i, line in enumerate(lines) if line.startswith("estimator"))
    assert lines[start - 1] == ""
    table = [line.rstrip() for line in lines[start : start + 4]]
    assert table == [
        "estimator  dimension  another sample (95 %)      from  on halves  seconds",
        "a               5.00           4.00 to 6.50  4 halves       4.50      0.3",
        "b              12.00",
        "c            timeout",
    ]
    rest = [line.rstrip() for line in lines[start + 4 :]]
    gap = rest.index("")
    assert " ".join(rest[:gap]) == INTERVALS
    assert rest[gap + 1 : gap + 5] == [
        "b: on a half: failed: [red]",
        "c: timeout: took [1] s",
        "Caveats:",
        "- first [1]",
    ]
    # Caveats are folded at words.
    assert rest[gap + 5].startswith("- a: long long")
    assert max(map(len, rest[gap + 5 : -1])) <= 120
    assert " ".join(rest[gap + 5 : -1]) == ("- a: " + "long " * 40).strip()


def test_texts_are_printed_without_colours(points, tmp_path, monkeypatch):
    rows = pd.DataFrame(
        [("a", 5.0, 4.0, 6.5, "", 4.5, 2.0, "failed", "took 3 s", "linear", math.nan)],
        columns=["estimator", "estimate", "low", "high", "interval", "half_estimate", "seconds",
                 "status", "message", "family", "confidence"],
    )  # fmt: skip
    lines = printed(monkeypatch, points, tmp_path, rows, [Caveat("of 3 points")],
                    force_terminal=True, color_system="standard")  # fmt: skip
    assert {line for line in lines if "\x1b" in line} == {
        line for line in lines if "another sample (95 %)" in line
    }
    assert any(line.startswith("written to") for line in lines)


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
