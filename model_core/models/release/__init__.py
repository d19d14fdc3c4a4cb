"""The authors' released checkpoints: their inference graph, its checks and their import.

Release: https://github.com/FarzanehJafari1987/JambaTalk (weights CC BY-NC). Written from its
published architecture; no code of it is here.
"""
