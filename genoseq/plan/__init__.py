"""A run of the workflow: its folder, what it will do, the time and memory it needs, and its start.
No torch."""
