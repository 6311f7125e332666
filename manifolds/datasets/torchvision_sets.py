"""MNIST, Fashion-MNIST, CIFAR-10 and SVHN, read by torchvision from files that the user has."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from manifolds.catalogue import register
from manifolds.datasets.base import ImageSet, Labels
from manifolds.datasets.data_root import data_root
from manifolds.datasets.torchvision_import import require_torchvision, torchvision_datasets
from manifolds.parameters import choice, whole_number


@frozen(kw_only=True)
class TorchvisionSet(ImageSet):
    """A set that torchvision.datasets reads, from files below the data root.

    Files may be compressed (.gz), and in a folder that has the set's name in place of the one that
    torchvision makes.
    """

    white: ClassVar[float] = 255.0
    #: Its class in torchvision.datasets, the folder below the root in which that looks for the
    #: files, another name for this folder, and where the files can be had.
    torchvision_name: ClassVar[str]
    folder: ClassVar[str]
    alias: ClassVar[str]
    home: ClassVar[str]
    label: int | None = whole_number(None, "which class (None: all)", least=0, most=9, none=True)
    split: str = choice("train", "which of the two parts", ("train", "test"))

    @abstractmethod
    def files(self) -> tuple[str, ...]:
        """Names of the files that are read."""

    def load(self, root: Path, download: bool = False) -> Any:
        """The data set of torchvision's below a root."""
        kind = getattr(torchvision_datasets(), self.torchvision_name)
        return kind(str(root), train=self.split == "train", download=download)

    def places(self) -> list[Path]:
        """Folders in which the files are looked for."""
        root = data_root()
        places = [root / self.folder, root / self.alias]
        return (
            [*places, root] if root.name in {self.alias, *Path(self.folder).parts[:1]} else places
        )

    def found(self) -> list[Path] | None:
        """The files, where all of them are there."""
        for place in self.places():
            paths = [_plain_or_packed(place / name) for name in self.files()]
            if all(path is not None for path in paths):
                return [path for path in paths if path is not None]
        return None

    def require(self) -> None:
        self.required()

    def required(self) -> list[Path]:
        """The files; ValueError, which says where to put them, where they are not there."""
        require_torchvision()
        found = self.found()
        if found is None:
            raise ValueError(self._missing())
        return found

    def _missing(self) -> str:
        return (
            f"{self.torchvision_name} is not below the data root {data_root()} (--data-root): "
            f"put {', '.join(self.files())} (or the same with .gz) into {self.places()[0]}, "
            f"from {self.home}; or have them fetched with --download"
        )

    def download(self) -> None:
        """Have torchvision fetch the files into the data root.

        Raises ValueError, which says where to put them, where that is impossible.
        """
        if self.found() is not None:
            return
        try:
            data_root().mkdir(parents=True, exist_ok=True)
            self.load(data_root(), download=True)
        except (OSError, RuntimeError) as error:
            if self.found() is None:
                raise ValueError(f"the download failed ({error}). {self._missing()}") from error

    def images(self) -> tuple[NDArray[Any], Labels]:
        paths = self.required()
        with tempfile.TemporaryDirectory(prefix="bench-data-") as folder:
            root = Path(folder)
            (root / self.folder).mkdir(parents=True, exist_ok=True)
            try:
                for path in paths:
                    _bring(path, root / self.folder / path.name.removesuffix(".gz"))
                found = self.load(root)
            except (RuntimeError, ValueError, OSError, EOFError) as error:
                raise ValueError(
                    f"the files of {self.torchvision_name} below {data_root()} are not what "
                    f"torchvision reads: {error}"
                ) from error
        labels = found.labels if hasattr(found, "labels") else found.targets
        return self.arranged(np.asarray(found.data)), np.asarray(labels, dtype=np.int64)

    def arranged(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Pixels as torchvision keeps them -> (N, channels, height, width)."""
        return pixels


def _plain_or_packed(path: Path) -> Path | None:
    for candidate in (path, path.with_name(path.name + ".gz")):
        if candidate.is_file():
            return candidate
    return None


def _bring(source: Path, target: Path) -> None:
    if source.suffix == ".gz":
        with gzip.open(source) as packed, target.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
    else:
        # Of files that torchvision checks before it reads them, nobody is to change a copy.
        shutil.copyfile(source, target)


@frozen(kw_only=True)
class IdxSet(TorchvisionSet):
    """A set in the files of MNIST: images (28, 28) in IDX files, with borders of zeros if asked."""

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
            # torchvision asks whether the other part is there, and does not read it.
            for part in ("train", "t10k"):
                for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
                    (root / self.folder / f"{part}-{kind}").touch()
        return super().load(root, download)

    def arranged(self, pixels: NDArray[Any]) -> NDArray[Any]:
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
        # All are needed: torchvision looks at the checksum of each.
        return (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")

    def arranged(self, pixels: NDArray[Any]) -> NDArray[Any]:
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
