"""What is learned: head, loss, metrics and columns."""
