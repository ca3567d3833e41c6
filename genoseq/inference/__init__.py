"""From a genome and a model to tracks."""
