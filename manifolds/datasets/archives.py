"""Files of arrays: .npy and .npz of numpy, .pt of torch, .mat of MATLAB, .h5ad of AnnData.

None of them is unpickled. Of a damaged file, readers may raise any exception.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manifolds.datasets.errors import check_arrays, library_errors, missing_extra
from manifolds.registry import nearest

#: Endings of files with one array or several, each of which has a name.
ENDINGS = (".npy", ".npz", ".pt", ".pth", ".mat", ".h5ad")
#: Most names of arrays in a message.
MAX_NAMES = 20
#: Part of the free memory that an array may take when it is converted to a dense one.
FREE_SHARE = 0.5


@dataclass(frozen=True)
class StoredArray:
    """An array of a file, ``where`` it is, the names of its ``columns``, if any, and notes."""

    values: NDArray[Any]
    where: str
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_archive(path: Path, name: str | None) -> StoredArray:
    """Return the array ``name`` of a file, or the one that it has.

    Without a name, the only array of two dimensions or more is taken, a single column aside.
    Raises ValueError, which names the file and the arrays that it has.
    """
    reader = _READERS[path.suffix.lower()]
    try:
        return reader(path, name)
    except Exception as error:
        message = str(error)
        if any(word in message for word in ("Object arrays", "nsupported global", "GLOBAL")):
            raise ValueError(
                f"{path} holds Python objects, which are not read: save an array of numbers"
            ) from None
        if "pickle" in message.lower():
            kind = "torch's" if path.suffix.lower() in (".pt", ".pth") else "numpy's"
            raise ValueError(f"{path} cannot be read: it is no array file of {kind}") from None
        raise


def _npy(path: Path, name: str | None) -> StoredArray:
    check_arrays(path)
    with library_errors("numpy"):
        return StoredArray(np.load(path, allow_pickle=False), str(path))


def _npz(path: Path, name: str | None) -> StoredArray:
    check_arrays(path, name)
    with np.load(path, allow_pickle=False) as archive:
        if name in archive.files:
            return StoredArray(archive[name], f"{path} ({name})")
        if len(archive.files) == 1:
            return _select_array(path, name, {key: archive[key] for key in archive.files})
        shapes = {}
        for key in archive.files:
            try:
                shapes[key] = archive[key]
            except ValueError:  # Python objects
                continue
        return _select_array(path, name, shapes)


def _torch(path: Path, name: str | None) -> StoredArray:
    import torch

    with warnings.catch_warnings(), library_errors("torch"):
        warnings.simplefilter("ignore")
        content = torch.load(path, map_location="cpu", weights_only=True)
    arrays = {key: _to_numpy(key, tensor) for key, tensor in _tensors(content).items()}
    return _select_array(path, name, arrays)


def _tensors(content: Any, name: str = "") -> dict[str, Any]:
    """Return the tensors of nested dictionaries and lists, with dots in their names."""
    import torch

    if isinstance(content, torch.Tensor):
        return {name: content}
    tensors: dict[str, Any] = {}
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(content, Mapping):
        inner = content.items()
    elif isinstance(content, list | tuple):
        inner = enumerate(content)
    for key, value in inner:
        tensors |= _tensors(value, f"{name}.{key}" if name else str(key))
    return tensors


def _to_numpy(name: str, tensor: Any) -> NDArray[Any]:
    import torch

    tensor = tensor.detach()
    if tensor.layout != torch.strided:
        _check_memory(tensor.shape, name)
        tensor = tensor.to_dense()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.is_floating_point() and tensor.dtype not in (torch.float32, torch.float64):
        tensor = tensor.to(torch.float64)
    return np.asarray(tensor.numpy())


def _mat(path: Path, name: str | None) -> StoredArray:
    from scipy.io import loadmat
    from scipy.sparse import issparse

    # On some damaged files scipy 1.17 ends the process (SIGSEGV): another one reads them first.
    code = "import sys; from scipy.io import loadmat; loadmat(sys.argv[1])"
    tried = subprocess.run([sys.executable, "-c", code, path], capture_output=True)
    if tried.returncode < 0:
        raise ValueError(f"{path} cannot be read: scipy's loadmat crashes on it, it is damaged")
    try:
        with library_errors("scipy's loadmat"):
            content = loadmat(path)
    except NotImplementedError:
        content = _mat_of_hdf5(path)
    arrays = {}
    for key, value in content.items():
        if issparse(value):
            _check_memory(value.shape, str(path))
            value = value.toarray()
        if not key.startswith("__") and isinstance(value, np.ndarray) and _numeric(value):
            arrays[key] = value
    stored = _select_array(path, name, arrays)
    if stored.values.ndim != 2:
        raise ValueError(
            f"{stored.where} has the shape {stored.values.shape}; a .mat file's points need (rows, "
            "columns)"
        )
    return stored


def _mat_of_hdf5(path: Path) -> dict[str, Any]:
    """Return the arrays of a file of MATLAB 7.3, which stores their transposes."""
    try:
        h5py = import_module("h5py")
    except ImportError:
        raise ValueError(
            f"{path} is of MATLAB 7.3, which needs h5py (pip install h5py); or save it as version "
            "7 in MATLAB: save('points.mat', 'X', '-v7')"
        ) from None
    with library_errors("h5py"), h5py.File(path, "r") as file:
        return {
            key: value[()].T
            for key, value in file.items()
            if isinstance(value, h5py.Dataset)
            and value.attrs.get("MATLAB_class") != b"char"
            and not value.attrs.get("MATLAB_empty")
        }


def _h5ad(path: Path, name: str | None) -> StoredArray:
    """Return X of annotated data, or one of its embeddings (obsm) or layers."""
    try:
        anndata = import_module("anndata")
    except ImportError:
        raise missing_extra("anndata", str(path), "anndata") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with library_errors("anndata"):
            data = anndata.read_h5ad(path, backed="r")
        try:
            others = [*data.obsm.keys(), *data.layers.keys()]
            if name in (None, "X"):
                array, columns = _x(data), tuple(map(str, data.var_names))
                if array is None:
                    raise ValueError(f"{path} has no X: {_name_options(others)}")
            elif name in data.obsm:
                array, columns = data.obsm[name], ()
            elif name in data.layers:
                array, columns = data.layers[name], tuple(map(str, data.var_names))
            else:
                raise ValueError(
                    f"{path} has the arrays {_format_names(['X', *others])} and none {name!r}"
                    f"{_nearest_hint(name, ['X', *others])}: say which one with --array NAME"
                )
            _check_memory(array.shape, f"{path} ({name or 'X'})", others)
            values = _dense(array)
        finally:
            data.file.close()
    note = f"X was read; there are also {_format_names(others)} (--array NAME)"
    notes = (note,) if name is None and others else ()
    return StoredArray(values, f"{path} ({name or 'X'})", columns, notes)


def _x(data: Any) -> Any:
    """Return X of annotated data on disk; None where there is none."""
    try:
        return data.X
    except KeyError:
        return None


def _dense(array: Any) -> NDArray[Any]:
    """Return the numbers of an array, a sparse one, one on disk, or a data frame."""
    if hasattr(array, "to_memory"):
        array = array.to_memory()
    if hasattr(array, "toarray"):
        array = array.toarray()
    if hasattr(array, "to_numpy"):
        array = array.to_numpy()
    return np.asarray(array[:])


def _select_array(path: Path, name: str | None, arrays: Mapping[str, NDArray[Any]]) -> StoredArray:
    """Return the array with that name, or the only one that may be points."""
    if not arrays:
        raise ValueError(f"{path} has no array of numbers")
    if name is not None and list(arrays) == [""]:
        raise ValueError(f"{path} has one array, without a name: leave out --array")
    if name is not None and name in arrays:
        return StoredArray(arrays[name], f"{path} ({name})")
    if name is None:
        candidates = [key for key, of in arrays.items() if of.ndim > 1 and of.size > len(of) > 1]
        if len(arrays) == 1:
            candidates = list(arrays)
        if len(candidates) == 1:
            (key,) = candidates
            others = [other for other in arrays if other != key]
            note = f"the array {key!r} was read; there are also {_format_names(others)}"
            return StoredArray(
                arrays[key], f"{path} ({key})" if key else str(path), (), (note,) * bool(others)
            )
    names = list(arrays)
    missing = "" if name is None else f" and none {name!r}{_nearest_hint(name, names)}"
    raise ValueError(
        f"{path} has the arrays {_format_names(names)}{missing}: say which one with --array NAME"
    )


def _name_options(names: list[str]) -> str:
    if not names:
        return "there is nothing else"
    return f"say which of {_format_names(names)} with --array NAME"


def _nearest_hint(name: str, names: list[str]) -> str:
    near = nearest(name, names).strip().rstrip("?")
    return f" ({near}?)" if near else ""


def _format_names(names: list[str]) -> str:
    more = f", ... ({len(names)})" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more


def _numeric(values: NDArray[Any]) -> bool:
    return values.dtype.kind in "buifc" and values.size > 0


def _check_memory(shape: tuple[int, ...], where: str, others: list[str] | None = None) -> None:
    """Raise ValueError where a dense array of that shape takes too much of the free memory."""
    import psutil

    needed = 8.0 * float(np.prod([float(size) for size in shape]))
    free = psutil.virtual_memory().available
    if needed > FREE_SHARE * free:
        instead = f", or take one of {_format_names(others)} with --array NAME" if others else ""
        raise ValueError(
            f"{where}: its {' x '.join(map(str, shape))} numbers take {needed / 2**30:.1f} GiB "
            f"when they are all there, of {free / 2**30:.1f} GiB that are free; take fewer rows or "
            f"columns{instead}"
        )


_READERS: dict[str, Callable[[Path, str | None], StoredArray]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".pt": _torch,
    ".pth": _torch,
    ".mat": _mat,
    ".h5ad": _h5ad,
}
