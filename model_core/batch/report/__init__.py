"""A page to look through what a batch made."""
