"""``python -m genoseq``."""

from genoseq.cli.app import main

main()
