"""A study in which people compare the faces of several systems, and what came of it."""
