"""The summary page, made from result files.  No torch."""
