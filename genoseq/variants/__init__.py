"""Variants: what edits of a genome change in what a model says of it."""
