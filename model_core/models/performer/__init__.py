"""A model with the styles of performers: what each does differently with its motion."""
