"""The field's words as numbers and types: sequences, regions, windows, tracks, schemes.
NumPy and the standard library alone."""
