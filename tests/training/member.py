"""One process of a team that trains one run after the other: tests start several of it.

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
from genoseq.store.store import open_store
from genoseq.training.distributed import join_team, place_of
from genoseq.training.fit import fit
from genoseq.training.stop_signals import TrainingInterruptedError


def main() -> None:
    torch.set_num_threads(1)
    runs = json.loads(sys.argv[1])
    with join_team(place_of(os.environ), torch.device("cpu")) as team:

        def interrupt(fraction: float) -> None:
            if out == runs[-1][-1] and team.rank == 1 and fraction == 0.5:
                os.kill(os.getpid(), signal.SIGTERM)

        for store, data, out in runs:
            settings = parse_settings(RunSettings, data)
            with suppress(TrainingInterruptedError):
                fit([open_store(store)], settings, out, report=interrupt, team=team)
    if torch.get_num_threads() > 1:
        sys.exit("Lightning asked for more threads")


if __name__ == "__main__":
    main()
