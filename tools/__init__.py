"""What builds the product: wheels, locks and extension zips. Needs nothing but Python."""
