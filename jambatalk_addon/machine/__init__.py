"""Which Python and which device run the model on this machine."""
