"""Tracks and annotation, anyone's, checked against the genome they are of.  No torch."""
