"""Scores of a motion: lips against phones, vertices against a reference."""
