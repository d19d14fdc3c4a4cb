"""The rig's shapes on other heads: FLAME laid onto a mesh, and its offsets carried over.

numpy alone: this runs in the worker, whose light runtime has no scipy. The builder of the rig
(`model_core.rig.build`) registers and measures with the same parts.
"""
