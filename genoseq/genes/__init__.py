"""From what a model says of each base to genes of bacteria and archaea: candidates, starts, choice,
and the verb that calls them."""
