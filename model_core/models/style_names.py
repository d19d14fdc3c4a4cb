"""Names of speaking styles that more than one model has."""

NEUTRAL = "neutral"
"""The style of a model that was not taught others."""
