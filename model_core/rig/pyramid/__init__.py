"""A mesh at several sizes, and its vertices' neighbours in a fixed order: what convolves it."""
