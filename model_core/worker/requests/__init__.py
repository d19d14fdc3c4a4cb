"""What the worker can be asked: a module with a function each, and the table of them."""
