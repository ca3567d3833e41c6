"""Files to bases, features, regions and signals.  Only here and in writers are 1-based
coordinates known."""
