"""Fitting a model to stores."""
