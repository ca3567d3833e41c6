"""Readers and writers: files in, files out; no torch, and no one imports another's format."""
