"""How fast the product is, against others on the same machine in the same run."""
