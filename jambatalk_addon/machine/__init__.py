"""What belongs to this machine: preferences and the test of the worker."""
