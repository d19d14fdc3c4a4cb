"""The head and pictures that show the product."""
