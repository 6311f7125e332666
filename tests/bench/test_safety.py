"""No pickle is read from a file, and no name of a suite leaves the output folder."""

import re

import pytest
from commandline import ROOT

from bench.suites import schema


@pytest.mark.parametrize("package", ["bench", "estimators", "manifolds"])
def test_no_module_reads_pickles_from_files(package):
    """A coordinator sends cloudpickle to its own workers only, over a pipe."""
    for path in (ROOT / package).rglob("*.py"):
        text = path.read_text()
        assert not re.search(r"pickle\.load\(|joblib\.load|read_pickle", text), path
        for call in re.findall(r"(?<!safetensors\.)torch\.load\([^)]*\)", text):
            assert "weights_only=True" in call, (path, call)
        for call in re.findall(r"np\.load\([^)]*\)", text):
            assert "allow_pickle=False" in call, (path, call)


@pytest.mark.parametrize("name", ["../line", "/tmp/line", "..", ".hidden", "a/b", "a\\\\b", ""])
@pytest.mark.parametrize("table", ["manifolds", "estimators"])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path, table, name):
    text = (ROOT / "bench" / "suites" / "readings.toml").read_text()
    first = re.search(rf'\[{table}\.("?)([^\]"]+)\1\]', text)
    path = tmp_path / "own.toml"
    path.write_text(text.replace(first.group(0), f'[{table}."{name}"]', 1))
    with pytest.raises(ValueError, match="letters, digits"):
        schema.load(str(path))


def test_a_name_of_a_suite_that_could_leave_the_folder_is_refused(tmp_path):
    text = (ROOT / "bench" / "suites" / "readings.toml").read_text()
    path = tmp_path / "own.toml"
    path.write_text(f'name = "../../away"\n{text}')
    with pytest.raises(ValueError, match="letters, digits"):
        schema.load(str(path))
