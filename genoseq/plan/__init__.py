"""What a run of the workflow will do, and the time and memory it needs.  No torch."""
