"""What the artist sees and sets."""
