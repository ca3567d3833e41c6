"""What models learn from: labels, splits, the store, batches."""
