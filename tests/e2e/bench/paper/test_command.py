"""The real command line on a publication of one's own: data, a suite and one small file."""

import signal
import sqlite3

import pandas as pd
import pytest
from commandline import bench
from own_publication import write_publication
from typer.testing import CliRunner

from bench.cli import app


@pytest.fixture
def paper(monkeypatch):
    """The command in this process, from which no cell is run."""
    monkeypatch.setenv("COLUMNS", "160")
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments, check=0):
        result = CliRunner().invoke(app, ["paper", *map(str, arguments)])
        assert result.exit_code == check, result.output
        return result

    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A publication that was run once at smoke: its file, its folder, its output."""
    folder = tmp_path_factory.mktemp("own")
    file, out = write_publication(folder / "own"), folder / "out"
    # An empty data root: MNIST is not there.
    empty = folder / "data"
    empty.mkdir()
    output = bench(
        "paper", file, "--preset", "smoke", "--out", out, "--data-root", empty, cwd=folder
    )
    return file, out, output.stdout


def finished(out):
    with sqlite3.connect(out / "records.sqlite") as database:
        return dict(database.execute("SELECT key, finished FROM records"))


def test_all_cells_are_run_together_and_every_item_is_written(run):
    _, out, output = run
    assert "8 cells at preset smoke: 0 done before, 8 to run" in output
    assert len(finished(out)) == 8
    for name in ("tables/table1", "figures/points"):
        for suffix in (".pdf", ".png"):
            assert (out / f"{name}{suffix}").stat().st_size > 1000
    for suffix in (".csv", ".md", ".tex"):
        assert (out / f"tables/table1{suffix}").exists()


def test_a_missing_data_set_is_left_out_and_reported(run):
    _, _, output = run
    assert "left out: mnist" in output
    assert "train-images-idx3-ubyte" in output


def test_the_table_has_truth_published_and_ours(run):
    _, out, _ = run
    table = pd.read_csv(out / "tables/table1.csv").set_index(["row", "column"])
    circle = table.loc[("circle", "PCA")]
    assert (circle["truth"], circle["published"], circle["ours"]) == (1, 1, 2)
    assert circle["verdict"] == "differs"
    assert circle["note"].startswith("PCA counts the plane")
    plane = table.loc[("plane", "PCA")]
    assert (plane["truth"], plane["published"], plane["ours"], plane["seeds_ok"]) == (2, 2, 2, 2)
    assert plane["verdict"] == "agrees"
    assert table.loc[("plane", "another"), "seeds"] == 0


def test_the_index_has_captions_and_the_command(run):
    file, out, _ = run
    index = (out / "index.md").read_text()
    assert "What came out." in index
    assert "![Estimates](figures/points.png)" in index
    assert f"python -m bench paper {file} --preset smoke --only table1" in index
    assert "| **1** / 2 (2 of 2 seeds) ≠ [1] |" in index


def test_again_nothing_is_run_and_no_run_draws_alone(run, paper):
    file, out, _ = run
    before = finished(out)
    for path in (out / "tables").iterdir():
        path.unlink()
    output = paper(file, "--preset", "smoke", "--out", out, "--no-run", "--only", "table1")
    assert "to run" not in output.stdout
    assert "points" not in output.stdout
    assert (out / "tables/table1.tex").exists()
    output = paper(file, "--preset", "smoke", "--out", out, "--dry-run")
    assert "0 of 8 cells to run" in " ".join(output.stdout.split())
    assert finished(out) == before


def test_without_records_no_run_shows_the_published_numbers_alone(tmp_path, paper):
    file, out = write_publication(tmp_path / "own"), tmp_path / "out"
    output = paper(file, "--no-run", "--out", out).stdout
    assert "no records in" in output
    assert "points: left out: the records that it is made from are missing" in output
    table = (out / "tables/table1.md").read_text()
    assert "| plane | 2 | **2.0** | **2** | 1.5 |" in table
    assert "not run" not in table
    assert "0 of 0 cells agree" in table
    assert not (out / "records.sqlite").exists()


def test_an_item_that_fails_says_why_and_the_others_are_written(tmp_path, paper):
    file, out = write_publication(tmp_path / "own", broken=True), tmp_path / "out"
    output = paper(file, "--no-run", "--out", out, check=1)
    assert "broken: not made: RuntimeError: no ink" in output.stdout
    assert "error: not made: broken" in output.stderr
    assert (out / "tables/table1.md").exists()
    assert "not made: RuntimeError: no ink" in (out / "index.md").read_text()


def test_the_exit_code_is_an_error_where_every_cell_failed(tmp_path):
    file, out = write_publication(tmp_path / "own"), tmp_path / "out"
    suite = tmp_path / "own" / "own2025.toml"
    suite.write_text(suite.read_text().replace("n = 60", "n = 1"))
    (tmp_path / "data").mkdir()
    output = bench(
        "paper", file, "--preset", "smoke", "--out", out, "--data-root", tmp_path / "data",
        cwd=tmp_path, check=1,
    )  # fmt: skip
    assert "table1: not made: 8 of 8 cells failed and none gave an estimate" in output.stdout
    assert "error: not made: table1, points" in output.stderr


def test_what_there_is_is_listed(paper):
    for arguments in ([], ["--list"]):
        output = paper(*arguments).stdout
        assert "stanczuk2024: Your diffusion model" in output
        assert "table2 " in output
        assert "huang2026:" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stanczuk2042"], "unknown publication 'stanczuk2042'; did you mean 'stanczuk2024'?"),
        (["stanczuk2024", "--only", "tabel2"], "no item 'tabel2'; did you mean 'table2'?"),
        (["huang2026", "--preset", "quik"], "unknown preset 'quik'; did you mean 'quick'?"),
        (["absent.py"], "publication absent.py is not a file"),
        (["huang2026", "--device", "tpu"], "tpu"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(arguments, message, paper):
    assert message in paper(*arguments, check=2).stderr


@pytest.mark.parametrize(
    ("code", "message"),
    [("1 / 0", "ZeroDivisionError"), ("x = 1", "sets no PUBLICATION")],
)
def test_a_file_that_is_no_publication_is_reported(code, message, tmp_path, paper):
    file = tmp_path / "mine.py"
    file.write_text(code)
    failed = paper(file, check=2)
    assert f"publication {file}" in failed.stderr
    assert message in failed.stderr


@pytest.mark.slow
def test_the_publications_of_the_package_run_at_smoke(tmp_path):
    output = bench("paper", "huang2026", "--preset", "smoke", "--out", tmp_path)
    table = pd.read_csv(tmp_path / "tables/table-s2.csv")
    assert len(table) == 240
    assert (table["seeds_ok"] == 2).mean() > 0.9
    assert "table-s2: " in output.stdout
