"""Stores to a bundle: the loop, its checkpoints, and several processes that share it."""
