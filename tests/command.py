"""The command line as people run it: what the fixture ``genoseq`` is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

Genoseq = Callable[..., subprocess.CompletedProcess[str]]
"""``genoseq(*words)`` in a process of its own; the result has returncode, stdout, stderr."""
