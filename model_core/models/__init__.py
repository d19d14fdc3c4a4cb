"""Trained models on disk and in use: the contract, the kinds, the friendly predictor."""
