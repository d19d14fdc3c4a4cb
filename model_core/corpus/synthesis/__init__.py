"""Voices that speak with known phone times."""
