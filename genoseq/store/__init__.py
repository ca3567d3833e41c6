"""Bases and labels on disk, memory-mapped: what is learned from."""
