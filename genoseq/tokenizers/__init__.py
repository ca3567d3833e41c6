"""Bases to token ids and back."""
