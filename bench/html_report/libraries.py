"""The JavaScript of the tables and plots, from the Python packages that bring it, compressed.

DataTables (MIT) comes with itables, plotly.js (MIT) with plotly. A browser unpacks them: a third
of the size, and nothing is run before it is needed.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any

from manifolds.datasets.errors import missing_extra


@dataclass(frozen=True)
class Library:
    """A script: base64 of its gzip, and the hash by which a page allows it to run."""

    packed: str
    hash: str


def script_hash(script: str) -> str:
    """The source expression of a content security policy that allows this very script."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _pack(script: str) -> Library:
    # No time of writing: the same results are the same file.
    packed = gzip.compress(script.encode(), compresslevel=9, mtime=0)
    return Library(base64.b64encode(packed).decode(), script_hash(script))


def missing(package: ImportError) -> ValueError:
    """The error that says what to install."""
    return missing_extra("report", "the report", package.name)


def table_library() -> Library:
    """DataTables and its jQuery, as ``window.benchTables.jQuery``."""
    try:
        bundle = resources.files("itables") / "html" / "dt_bundle.js"
    except ImportError as error:
        raise missing(error) from None
    module = bundle.read_text(encoding="utf-8")
    # A module's exports cannot be reached from a script that is not one.
    script, exports = re.subn(
        r"\bexport\s*\{([^{}]*)\};?",
        lambda found: f"window.benchTables={{{_as_properties(found[1])}}};",
        module,
    )
    if exports != 1:
        raise ValueError("the DataTables that this itables brings is not known; update itables")
    return _pack(f'(()=>{{"use strict";{script}\n}})();')


def _as_properties(exports: str) -> str:
    """``a as b, c`` of an export as ``"b":a,"c":c`` of an object."""
    pairs = [re.split(r"\s+as\s+", name.strip()) for name in exports.split(",")]
    return ",".join(f'"{pair[-1]}":{pair[0]}' for pair in pairs)


def plot_library() -> Library:
    """plotly.js, as ``window.Plotly``."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise missing(error) from None
    script: Any = get_plotlyjs()
    return _pack(str(script))
