"""MNIST, Fashion-MNIST, CIFAR-10 and SVHN, read by torchvision from files that the user has."""

from __future__ import annotations

import gzip
import importlib.util
import shutil
import tempfile
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from manifolds.catalogue import register
from manifolds.datasets.base import ImageSet, Labels, data_root
from manifolds.parameters import choice, whole_number


@frozen(kw_only=True)
class TorchvisionSet(ImageSet):
    """Base of the sets that torchvision.datasets reads, from files below the data root.

    Files may be compressed (.gz), and in a folder that has the set's name in place of the one that
    torchvision makes.
    """

    white: ClassVar[float] = 255.0
    #: Its class in torchvision.datasets, the folder below the root in which that expects the
    #: files, another name for this folder, and the address of the files.
    torchvision_name: ClassVar[str]
    folder: ClassVar[str]
    alias: ClassVar[str]
    home: ClassVar[str]
    label: int | None = whole_number(None, "which class (None: all)", least=0, most=9, none=True)
    split: str = choice("train", "which of the two parts", ("train", "test"))

    @abstractmethod
    def files(self) -> tuple[str, ...]:
        """Return the names of the files that are read."""

    def load(self, root: Path, download: bool = False) -> Any:
        """Load the data set of torchvision below a root."""
        kind = getattr(torchvision_datasets(), self.torchvision_name)
        return kind(str(root), train=self.split == "train", download=download)

    def folders(self) -> list[Path]:
        """Return the folders in which the files may be."""
        root = data_root()
        folders = [root / self.folder, root / self.alias]
        return (
            [*folders, root] if root.name in {self.alias, *Path(self.folder).parts[:1]} else folders
        )

    def existing_files(self) -> list[Path] | None:
        """Return the files, or None unless all of them exist."""
        for folder in self.folders():
            paths = [_find_file(folder / name) for name in self.files()]
            if all(path is not None for path in paths):
                return [path for path in paths if path is not None]
        return None

    def require(self) -> None:
        self.required_files()

    def required_files(self) -> list[Path]:
        """Return the files; raise ValueError, which says where to put them, if one is missing."""
        require_torchvision()
        files = self.existing_files()
        if files is None:
            raise ValueError(self._missing())
        return files

    def _missing(self) -> str:
        return (
            f"{self.torchvision_name} is not below the data root {data_root()} (--data-root): "
            f"put {', '.join(self.files())} (or the same with .gz) into {self.folders()[0]}, "
            f"from {self.home}; or have them fetched with --download"
        )

    def download(self) -> None:
        """Download the files by torchvision into the data root.

        Raises ValueError, which says where to put them, where that is impossible.
        """
        if self.existing_files() is not None:
            return
        try:
            data_root().mkdir(parents=True, exist_ok=True)
            self.load(data_root(), download=True)
        except (OSError, RuntimeError) as error:
            if self.existing_files() is None:
                raise ValueError(f"the download failed ({error}). {self._missing()}") from error

    def images(self) -> tuple[NDArray[Any], Labels]:
        paths = self.required_files()
        with tempfile.TemporaryDirectory(prefix="bench-data-") as folder:
            root = Path(folder)
            (root / self.folder).mkdir(parents=True, exist_ok=True)
            try:
                for path in paths:
                    _unpack(path, root / self.folder / path.name.removesuffix(".gz"))
                dataset = self.load(root)
            except (RuntimeError, ValueError, OSError, EOFError) as error:
                raise ValueError(
                    f"the files of {self.torchvision_name} below {data_root()} are not what "
                    f"torchvision reads: {error}"
                ) from error
        labels = dataset.labels if hasattr(dataset, "labels") else dataset.targets
        return self.arrange(np.asarray(dataset.data)), np.asarray(labels, dtype=np.int64)

    def arrange(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Arrange torchvision's array of pixels as (N, channels, height, width)."""
        return pixels


def _find_file(path: Path) -> Path | None:
    for candidate in (path, path.with_name(path.name + ".gz")):
        if candidate.is_file():
            return candidate
    return None


def _unpack(source: Path, target: Path) -> None:
    if source.suffix == ".gz":
        with gzip.open(source) as packed, target.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
    else:
        # A copy, which nobody changes between torchvision's check and its reading.
        shutil.copyfile(source, target)


@frozen(kw_only=True)
class IdxSet(TorchvisionSet):
    """A set in the format of MNIST: images (28, 28) in IDX files, with borders of ``pad`` zeros."""

    pad: int = whole_number(0, "border of zeros to add, in pixels", least=0)

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """Channels, height, width."""
        return (1, 28 + 2 * self.pad, 28 + 2 * self.pad)

    def files(self) -> tuple[str, ...]:
        part = "train" if self.split == "train" else "t10k"
        return (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte")

    def load(self, root: Path, download: bool = False) -> Any:
        if not download:
            # torchvision checks that the other part exists, and does not read it.
            for part in ("train", "t10k"):
                for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
                    (root / self.folder / f"{part}-{kind}").touch()
        return super().load(root, download)

    def arrange(self, pixels: NDArray[Any]) -> NDArray[Any]:
        border = (self.pad, self.pad)
        return np.pad(pixels, [(0, 0), border, border])[:, None]


@register("mnist", source="LeCun et al. 1998; padded by 2 in Stanczuk et al. 2024")
@frozen(kw_only=True)
class Mnist(IdxSet):
    """MNIST: handwritten digits of 28 x 28 pixels, 60 000 of them, read by torchvision."""

    torchvision_name: ClassVar[str] = "MNIST"
    folder: ClassVar[str] = "MNIST/raw"
    alias: ClassVar[str] = "mnist"
    home: ClassVar[str] = "https://ossci-datasets.s3.amazonaws.com/mnist"


@register("fashion-mnist", source="Xiao et al. 2017 (arXiv 1708.07747)")
@frozen(kw_only=True)
class FashionMnist(IdxSet):
    """Fashion-MNIST: articles of clothing in 28 x 28 pixels, 60 000, read by torchvision."""

    torchvision_name: ClassVar[str] = "FashionMNIST"
    folder: ClassVar[str] = "FashionMNIST/raw"
    alias: ClassVar[str] = "fashion-mnist"
    home: ClassVar[str] = "https://github.com/zalandoresearch/fashion-mnist"


@frozen(kw_only=True)
class Photographs(TorchvisionSet):
    """Colour photographs of 32 x 32 pixels."""

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """Channels, height, width."""
        return (3, 32, 32)


@register(
    "cifar10", source="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images"
)
@frozen(kw_only=True)
class Cifar10(Photographs):
    """CIFAR-10: colour photographs of 32 x 32 pixels, 50 000 of them, read by torchvision.

    The files are pickles, which torchvision opens only where they have the published checksums; it
    is given a copy, so that they cannot be changed in between.
    """

    torchvision_name: ClassVar[str] = "CIFAR10"
    folder: ClassVar[str] = "cifar-10-batches-py"
    alias: ClassVar[str] = "cifar10"
    home: ClassVar[str] = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"

    def files(self) -> tuple[str, ...]:
        # All are needed: torchvision verifies the checksum of each.
        return (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")

    def arrange(self, pixels: NDArray[Any]) -> NDArray[Any]:
        return pixels.transpose(0, 3, 1, 2)


@register("svhn", source="Netzer et al. 2011, Reading Digits in Natural Images")
@frozen(kw_only=True)
class Svhn(Photographs):
    """SVHN: colour photographs of house numbers in 32 x 32 pixels, 73 257, read by torchvision."""

    torchvision_name: ClassVar[str] = "SVHN"
    folder: ClassVar[str] = "."
    alias: ClassVar[str] = "svhn"
    home: ClassVar[str] = "http://ufldl.stanford.edu/housenumbers"

    def files(self) -> tuple[str, ...]:
        return (f"{self.split}_32x32.mat",)

    def load(self, root: Path, download: bool = False) -> Any:
        return torchvision_datasets().SVHN(str(root), split=self.split, download=download)


def require_torchvision() -> None:
    """Raise ValueError where torchvision is not installed; import nothing."""
    if importlib.util.find_spec("torchvision") is None:
        raise ValueError(
            "this data set is read by torchvision, which is not installed; beside torch 2.N it is "
            "release 0.(N + 15): pip install 'torchvision>=0.21,<0.29'"
        )


def torchvision_datasets() -> Any:
    """Return the module torchvision.datasets; raise ValueError where it is not installed."""
    require_torchvision()
    with _skip_missing_operators():
        import torchvision.datasets
    return torchvision.datasets


@contextmanager
def _skip_missing_operators() -> Iterator[None]:
    """Register no fakes of missing operators while torchvision is imported.

    PyPI's torchvision is built for a torch with CUDA. Beside another one its compiled operators do
    not load, and the import fails where it describes two of them ("operator torchvision::nms does
    not exist"). Data sets need none of these operators.
    """
    import torch

    original = torch.library.register_fake

    def register(operator: Any, *arguments: Any, **options: Any) -> Callable[[Any], Any]:
        if isinstance(operator, str) and operator.startswith("torchvision::"):
            if not hasattr(torch.ops.torchvision, operator.removeprefix("torchvision::")):
                return lambda function: function
        return original(operator, *arguments, **options)

    torch.library.register_fake = register
    try:
        yield
    finally:
        torch.library.register_fake = original
