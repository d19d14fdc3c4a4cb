"""Recorded speech with faces: VOCASET, BIWI, folders of Motion files, and a synthetic stand-in."""
