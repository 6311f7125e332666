"""Data files of every ending, damaged, through the reader of ``estimate``."""

import io
import zipfile

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from mutations import damaged
from PIL import Image

from manifolds.datasets.image_folder import ENDINGS
from manifolds.datasets.reading import FILES, read_points

_RNG = np.random.default_rng(1)
_POINTS = _RNG.random((30, 4))
_FRAME = pd.DataFrame(_POINTS, columns=list("abcd"))


def _bytes(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


_NPY = _bytes(lambda file: np.save(file, _POINTS))


def _archive(method):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("x.npy", _NPY)
    return file.getvalue()


def _torch():
    import torch

    return _bytes(lambda file: torch.save(torch.tensor(_POINTS), file))


def _matlab():
    from scipy.io import savemat

    return _bytes(lambda file: savemat(file, {"x": _POINTS}))


def _image(kind, mode="RGB", **options):
    pixels = (_RNG.random((12, 12, 3)) * 255).astype(np.uint8)
    return _bytes(lambda file: Image.fromarray(pixels).convert(mode).save(file, kind, **options))


_TEXTS = [
    _FRAME.to_csv(index=False).encode(),
    _FRAME.to_csv().encode(),
    _FRAME.to_csv(index=False, header=False, sep="\t").encode(),
    _FRAME.to_csv(index=False, sep=";", decimal=",").encode(),
    _bytes(lambda file: np.savetxt(file, _POINTS, header="a b c d")),
]
_WHOLE = {
    ".npy": lambda: [
        _NPY,
        _bytes(lambda file: np.save(file, (_POINTS * 9).astype(np.int32))),
        _bytes(lambda file: np.save(file, _RNG.random((30, 5, 5)))),
    ],
    ".npz": lambda: [
        *(
            _archive(method)
            for method in (
                *(zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED),
                *(zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA),
            )
        ),
        _bytes(lambda file: np.savez_compressed(file, x=_POINTS, y=_POINTS)),
    ],
    ".parquet": lambda: [
        _bytes(_FRAME.to_parquet),
        _bytes(lambda file: _FRAME.astype("float32").to_parquet(file, compression="gzip")),
    ],
    ".pt": lambda: [_torch()],
    ".pth": lambda: [_torch()],
    ".mat": lambda: [_matlab()],
}
_IMAGES = {
    ".png": [_image("PNG", mode) for mode in ("RGB", "P", "L", "RGBA", "1")],
    ".gif": [_image("GIF", "P")],
    ".tif": [_image("TIFF"), _image("TIFF", "L", compression="tiff_lzw"), _image("TIFF", "CMYK")],
    ".webp": [_image("WEBP")],
    ".bmp": [_image("BMP")],
    ".ppm": [_image("PPM")],
    ".jpg": [_image("JPEG"), _image("JPEG", "L")],
}


def _whole(ending):
    """Whole files of an ending; those of no kind of its own are texts, or any bytes."""
    return _WHOLE[ending]() if ending in _WHOLE else _TEXTS


def cases():
    """Endings with damaged files of them."""
    files = [st.tuples(st.just(ending), damaged(_whole(ending))) for ending in FILES]
    images = [st.tuples(st.just(ending), damaged(whole)) for ending, whole in _IMAGES.items()]
    assert set(_IMAGES) <= set(ENDINGS)
    return st.one_of(*files, *images)


def check(case, folder):
    """Read the file, or the folder that it alone is in."""
    ending, data = case
    place = folder / "images" if ending in _IMAGES else folder
    place.mkdir(exist_ok=True)
    path = place / f"data{ending}"
    path.write_bytes(data)
    try:
        read_points(place if ending in _IMAGES else path)
    finally:
        path.unlink()
