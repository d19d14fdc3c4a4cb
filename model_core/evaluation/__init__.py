"""Scores of models on a dataset, in the layout of the paper's tables."""
