"""``genoseq doctor``: what this machine has, and what genoseq will make of it."""

from __future__ import annotations

EPILOG = "Example: genoseq doctor"


def doctor() -> None:
    """Show versions, processor, precision, device and optional programs of this machine."""
    from genoseq.inference.machine import describe_machine

    for name, value in describe_machine():
        print(f"{name:<32} {value}")
