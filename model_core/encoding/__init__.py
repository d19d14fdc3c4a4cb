"""Speech encoders, and the features made of what they hear."""
