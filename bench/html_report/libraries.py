"""The JavaScript libraries of tables and plots, compressed, from Python packages.

DataTables (MIT) comes with itables, plotly.js (MIT) with plotly. The browser unpacks them when they
are needed.
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
    """A script: base64 of its gzip, and its hash for the content security policy."""

    packed: str
    hash: str


def script_hash(script: str) -> str:
    """Return the source expression of a content security policy that allows this script."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _pack(script: str) -> Library:
    # Without a time: the same results give the same file.
    packed = gzip.compress(script.encode(), compresslevel=9, mtime=0)
    return Library(base64.b64encode(packed).decode(), script_hash(script))


def missing(package: ImportError) -> ValueError:
    """Return the error that says what to install."""
    return missing_extra("report", "the report", package.name)


def table_library() -> Library:
    """Return DataTables with its jQuery, as ``window.benchTables.jQuery``."""
    try:
        bundle = resources.files("itables") / "html" / "dt_bundle.js"
    except ImportError as error:
        raise missing(error) from None
    module = bundle.read_text(encoding="utf-8")
    # A module's exports cannot be reached from a script that is not one.
    script, exports = re.subn(
        r"\bexport\s*\{([^{}]*)\};?",
        lambda match: f"window.benchTables={{{_as_properties(match[1])}}};",
        module,
    )
    if exports != 1:
        raise ValueError("the DataTables that this itables brings is not known; update itables")
    return _pack(f'(()=>{{"use strict";{script}\n}})();')


def _as_properties(exports: str) -> str:
    """Return ``a as b, c`` of an export as ``"b":a,"c":c`` of an object."""
    pairs = [re.split(r"\s+as\s+", name.strip()) for name in exports.split(",")]
    return ",".join(f'"{pair[-1]}":{pair[0]}' for pair in pairs)


def plot_library() -> Library:
    """Return plotly.js, as ``window.Plotly``."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise missing(error) from None
    script: Any = get_plotlyjs()
    return _pack(str(script))
