"""What a face does besides speaking: blinks, brows, gaze, lids, the head's moves and breathing.

All of it is drawn in seconds from seeded generators, over the phrases and accents that the sound
tells, and then sampled at whatever frame rate is asked for.
"""
