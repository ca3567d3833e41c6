"""Training data on disk: bases and labels, memory-mapped."""
