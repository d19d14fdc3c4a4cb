"""The folders of a run: stage 1, stage 2, and what both make together."""

SPACE, LATENTS, CHECKPOINT = "space", "latents", "checkpoint"
