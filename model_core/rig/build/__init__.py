"""Building the face rig: ICT-FaceKit's expressions carried over to FLAME's vertices.

One file per step; ``model_core.rig.build_rig`` runs them. These need scipy; reading the finished
rig does not.
"""
