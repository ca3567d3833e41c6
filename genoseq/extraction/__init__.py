"""Which bases: regions out of genomes, their splits, shards, and what splits share."""
