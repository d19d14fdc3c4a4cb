"""The Blender side of JambaTalk: the only code here that imports ``bpy``, and never torch.

Grouped by feature (sound, mesh, bake, worker, preferences, headless), each with its properties,
operators and panels beside plain functions. Importing this package alone loads none of them.
"""
