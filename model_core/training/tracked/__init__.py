"""Tuning the model that ships on lips tracked in video."""
