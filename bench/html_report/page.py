"""The HTML of a report: one file that may load nothing and run nothing but its own scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.files import write_text
from bench.html_report.content import content
from bench.html_report.libraries import missing, plot_library, script_hash, table_library
from bench.html_report.results import Results, gather

FILE = "report.html"
_PARTS = Path(__file__).parent
#: In the order in which they need each other.
_SCRIPTS = ("page", "plots", "tables", "tradeoff", "heatmap", "sections", "spectra", "start")


def write_report(folder: Path, to: Path | None = None) -> Path:
    """Write the report of a results folder to ``to``, or to report.html in it; returns its path.

    The same store gives the same file. Raises ValueError where there are no results, where a
    record is damaged, where a package of the extra ``report`` is missing, or where the file cannot
    be written.
    """
    page = render(gather(folder))
    path = to or folder / FILE
    try:
        return write_text(page, path)
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}") from None


def render(results: Results) -> str:
    """Return the page as text. All that comes from the store is escaped."""
    try:
        import jinja2
        from markupsafe import Markup
    except ImportError as error:
        raise missing(error) from None
    report = content(results)
    script = _script()
    tables, plots = table_library(), plot_library()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PARTS / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page: str = environment.get_template("report.html.j2").render(
        report=report,
        # These are the package's own; JSON without a < cannot end its element.
        style=Markup((_PARTS / "style.css").read_text(encoding="utf-8")),
        script=Markup(script),
        data=Markup(as_json(report.data)),
        policy="default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'; script-src "
        + " ".join([script_hash(script), tables.hash, plots.hash]),
        tables=tables,
        plots=plots,
    )
    return page


def _script() -> str:
    """Return the page's own scripts as one, in a scope of their own."""
    parts = [(_PARTS / "scripts" / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    return "\n".join(['"use strict";', "(() => {", *parts, "})();"])


def as_json(data: Any) -> str:
    """Return JSON for an element of a page: ASCII, and no < that could begin a tag."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
