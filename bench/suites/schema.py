"""Suites, read from TOML: manifolds and estimators to be crossed, and sizes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
)

from bench.limits import MAX_TIMEOUT, MIB, MOST_POINTS, MOST_SEEDS, Limits
from bench.suites import PRESETS
from manifolds.datasets.errors import file_errors
from manifolds.registry import nearest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent

# Labels become file and column names: no separators, nothing hidden.
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=80)]
Points = Annotated[int, Field(ge=1, le=MOST_POINTS, strict=True)]
Seeds = Annotated[int, Field(ge=1, le=MOST_SEEDS, strict=True)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ManifoldChoice(_Table):
    """A manifold of the suite: a registered name, its parameters, and a size of its own.

    If ``estimators`` are given, only those are run on it, each with the suite's parameters but
    for those given here.
    """

    manifold: str
    parameters: dict[str, Any] = {}
    n: Points | None = None
    estimators: dict[Label, dict[str, Any]] = {}


class _Limited(_Table):
    """A table that may set limits: seconds, and bytes or a text such as "2GiB"."""

    timeout: Annotated[float, Field(gt=0, le=MAX_TIMEOUT, strict=True)] | None = None
    memory: Annotated[ByteSize, Field(ge=MIB)] | None = None

    def limits(self) -> Limits:
        """Return the limits that it sets."""
        return Limits(self.timeout, self.memory)


class EstimatorChoice(_Limited):
    """An estimator of the suite: a registered name, its parameters and limits."""

    estimator: str
    parameters: dict[str, Any] = {}


class ManifoldOverride(_Table):
    """Changes of a manifold by a preset."""

    n: Points | None = None


class EstimatorOverride(_Limited):
    """Changes of an estimator by a preset."""

    seeds: Seeds | None = None
    parameters: dict[str, Any] = {}


class Preset(_Limited):
    """Sizes of a run: points, seeds, and changes for some manifolds or estimators.

    If ``only_manifolds`` or ``only_estimators`` are given, the preset leaves out the others.
    """

    n: Points
    seeds: Seeds
    only_manifolds: list[Label] = []
    only_estimators: list[Label] = []
    manifolds: dict[Label, ManifoldOverride] = {}
    estimators: dict[Label, EstimatorOverride] = {}


class Presets(_Table):
    """The three sizes of a run."""

    smoke: Preset
    quick: Preset
    full: Preset


class Suite(_Limited):
    """A suite; ``name`` is the file's name."""

    name: Label
    about: str
    seed: Annotated[int, Field(ge=0, strict=True)] = 0
    manifolds: Annotated[dict[Label, ManifoldChoice], Field(min_length=1)]
    estimators: Annotated[dict[Label, EstimatorChoice], Field(min_length=1)]
    presets: Presets
    _path: str = PrivateAttr(default="")

    @contextmanager
    def at(self, key: str) -> Iterator[None]:
        """Name the file and a key of it in every ValueError within."""
        try:
            yield
        except ValueError as error:
            raise ValueError(f"{self._path}: {key}: {error}") from None

    def preset(self, name: str) -> Preset:
        """Return a preset by name; ValueError if there is no such preset."""
        if name not in PRESETS:
            hint = nearest(name, PRESETS)
            raise ValueError(f"unknown preset {name!r}; {hint}known: {', '.join(PRESETS)}")
        preset: Preset = getattr(self.presets, name)
        return preset


def default_preset(device: str) -> str:
    """Return the preset to use on a device if none is given."""
    return "full" if device == "cuda" else "quick"


def names() -> list[str]:
    """Return the names of the suites that come with the package, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str) -> Suite:
    """Return a suite by name, or by the path of a TOML file.

    Raises ValueError with file, key, value and what is allowed.
    """
    path = Path(name)
    if path.suffix != ".toml":
        known = names()
        if name not in known:
            hint = nearest(name, known)
            raise ValueError(
                f"unknown suite {name!r}; {hint}known: {', '.join(known)}, or the path of a "
                ".toml file"
            )
        path = FOLDER / f"{name}.toml"
    with file_errors(path, "allowed: a suite in TOML"):
        try:
            # Some editors put a byte order mark before a text.
            content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise ValueError(f"cannot read suite {path}: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is not valid TOML: {error}") from None
        except RecursionError:
            raise ValueError(f"{path} has lists or tables too deep within each other") from None
    try:
        suite = Suite(**{"name": path.stem, **content})
    except ValidationError as error:
        raise ValueError(_explain(path, error)) from None
    suite._path = str(path)
    _check_labels(path, suite)
    return suite


def _explain(path: Path, error: ValidationError) -> str:
    """Return a message with every fault of a file: key, fault, value, what is allowed."""
    lines = []
    for fault in error.errors(include_url=False):
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            allowed = _allowed(fault["loc"])
            hint = nearest(str(fault["loc"][-1]), allowed)
            lines.append(f"{key}: unknown key; {hint}allowed: {', '.join(allowed)}")
        elif fault["type"] == "missing":
            lines.append(f"{key}: missing")
        else:
            message = _MESSAGES.get(fault["type"], fault["msg"])
            lines.append(f"{key}: {message}, found {fault['input']!r}")
    return f"{path}: " + "\n".join(lines)


_MESSAGES = {
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "list_type": "must be a list",
    "string_type": "must be a text",
    "string_pattern_mismatch": "must be letters, digits and . _ + - only",
}


def _allowed(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the table at a location may have."""
    tables: Mapping[tuple[str, int], type[BaseModel]] = {
        ("manifolds", 3): ManifoldChoice,
        ("estimators", 3): EstimatorChoice,
        ("presets", 2): Presets,
        ("presets", 3): Preset,
    }
    model: type[BaseModel] = tables.get((str(location[0]), len(location)), Suite)
    if location[0] == "presets" and len(location) == 5:
        model = ManifoldOverride if location[2] == "manifolds" else EstimatorOverride
    return list(model.model_fields)


def _check_labels(path: Path, suite: Suite) -> None:
    """Check that presets and manifolds name only labels that the suite has."""
    for manifold, place in suite.manifolds.items():
        for label in sorted(place.estimators.keys() - suite.estimators.keys()):
            raise ValueError(
                f"{path}: manifolds.{manifold}: {label!r} is not among the suite's estimators; "
                f"{nearest(label, suite.estimators)}allowed: {', '.join(suite.estimators)}"
            )
    for preset in PRESETS:
        sizes = suite.preset(preset)
        for kind, known, used in (
            ("manifolds", suite.manifolds, {*sizes.manifolds, *sizes.only_manifolds}),
            ("estimators", suite.estimators, {*sizes.estimators, *sizes.only_estimators}),
        ):
            for label in sorted(used - known.keys()):
                raise ValueError(
                    f"{path}: presets.{preset}: {label!r} is not among the suite's {kind}; "
                    f"{nearest(label, known)}allowed: {', '.join(known)}"
                )
