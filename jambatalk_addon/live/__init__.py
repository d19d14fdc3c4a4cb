"""Speech that moves a character in the viewport while it is spoken, and leaves no keys."""
