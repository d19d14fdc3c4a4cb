"""A batch handed to a render farm: one description, told in the farm's own words."""
