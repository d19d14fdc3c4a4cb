"""Giving a head without shape keys the rig's shapes, in the worker, as keys of the artist's own."""
