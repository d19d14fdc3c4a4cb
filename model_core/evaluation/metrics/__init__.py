"""What is measured of a motion: lips and vertices."""
