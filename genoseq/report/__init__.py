"""What people look at, made from result files: the report, hubs, figures.  No torch."""
