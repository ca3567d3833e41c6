"""Annotation and signals to a label for each base."""
