"""Snakemake's command line, but it asks for news of its jobs in Slurm every second.

The plugin waits ten seconds longer after each answer without news, and no setting changes that:
the tests would mostly wait for Snakemake to look again.  Jobs run Snakemake as it is.
"""

from __future__ import annotations

import asyncio

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor


async def one_second(_: RemoteExecutor) -> None:
    """What the executor does between two looks."""
    await asyncio.sleep(1)


if __name__ == "__main__":
    RemoteExecutor.sleep = one_second
    main()
