"""Other entries in a file that holds its own checksum, as if they had been written so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from genoseq.files.stored import sealed


def edit(path: Path, /, **changes: Any) -> None:
    """Change entries of a JSON file, and its seal."""
    data = json.loads(path.read_text())
    del data["seal"]
    path.write_text(json.dumps(sealed(data | changes)))
