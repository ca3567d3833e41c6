"""Tracks and scores to files: every format, the manifest, and the folder as a whole."""
