"""Annotation and signals to what each base is."""
