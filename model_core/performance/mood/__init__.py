"""Moods: poses and manners of the whole face, added to speech by an amount over time."""
