"""Which sound is heard, when: strips, their audible span and their samples."""
