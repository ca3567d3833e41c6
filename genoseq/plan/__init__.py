"""What a run of the workflow does and takes, before it starts.  No torch."""
