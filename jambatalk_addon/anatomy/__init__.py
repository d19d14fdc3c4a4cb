"""Meshes that belong to a head: the inside of its mouth."""
