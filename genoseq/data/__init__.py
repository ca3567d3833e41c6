"""Batches of windows, read from stores, for training and validation."""
