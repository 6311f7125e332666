"""The version stands in one place."""

from pathlib import Path

import pytest

import bench

ROOT = Path(bench.__file__).parents[1]


def test_the_project_has_the_version_of_the_package():
    metadata = pytest.importorskip("hatchling.metadata.core", reason="needs the extra 'test'")
    manager = pytest.importorskip("hatchling.plugin.manager", reason="needs the extra 'test'")
    project = metadata.ProjectMetadata(str(ROOT), manager.PluginManager())
    assert project.version == bench.__version__
    assert "version" not in project.config["project"]
