"""The Python environment that runs the model: what it consists of, its installation and removal."""
