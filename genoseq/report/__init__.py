"""What people look at, made from result files: the summary page, hubs, figures.  No torch."""
