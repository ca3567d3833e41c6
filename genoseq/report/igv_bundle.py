"""igv.js, from the Python package that carries it: none of its code is ours."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

MISSING = (
    "the browser of tracks needs igv.js, which is not installed: pip install 'genoseq[report]', or "
    "pip install --no-deps 'igv-notebook>=0.6.2,<0.7' for igv.js without Jupyter"
)
_PACKAGE, _BUNDLE = "igv_notebook", "js/igv.min.js"


def igv_bundle() -> Path | None:
    """igv.js in one file; None where it is not installed.

    The package is not imported: that would load Jupyter, which need not be there.
    """
    spec = find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        bundle = Path(folder) / _BUNDLE
        if bundle.is_file():
            return bundle
    return None
