"""What is learned: a task has a head, a loss, metrics and columns.  All else holds a task and knows
nothing of classes or signals."""
