"""One process of a group that trains one run after the other: tests start several of it.

    python member.py '[[STORE, SETTINGS, OUT], ...]'

The last run is interrupted: where half of it is over, SIGTERM reaches the process of rank 1.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress

import torch

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.errors import TrainingInterruptedError
from genoseq.training.distributed import join_group
from genoseq.training.fit import fit
from genoseq.training.launch import launch_of


def main() -> None:
    torch.set_num_threads(1)
    runs = json.loads(sys.argv[1])
    with join_group(launch_of(os.environ), torch.device("cpu")) as group:

        def interrupt(fraction: float, _: str) -> None:
            if out == runs[-1][-1] and group.rank == 1 and fraction == 0.5:
                os.kill(os.getpid(), signal.SIGTERM)

        for store, data, out in runs:
            settings = parse_settings(RunSettings, data)
            with suppress(TrainingInterruptedError):
                fit([store], settings, out, report=interrupt, group=group)
    if torch.get_num_threads() > 1:
        sys.exit("a training asked for more threads")


if __name__ == "__main__":
    main()
