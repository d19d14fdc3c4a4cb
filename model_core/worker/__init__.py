"""Predictions for another process, over its pipes."""
