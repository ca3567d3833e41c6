"""What would change: variants and mutations, scored beside the sequence as it is."""
