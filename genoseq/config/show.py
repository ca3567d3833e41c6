"""A configuration as YAML with every default filled in."""

from __future__ import annotations

from pathlib import Path

from genoseq.config.schema import load_config


def show_config(path: str | Path) -> str:
    """The configuration of a file as YAML with every default filled in."""
    import yaml  # 30 ms

    return yaml.safe_dump(load_config(path).model_dump(mode="json"), sort_keys=False)
