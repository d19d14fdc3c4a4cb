"""A model for live sound: the default one's motion, a fifth of a second after the sound."""
