"""Regions out of genomes, their splits, shards, and the sequence that splits share."""
