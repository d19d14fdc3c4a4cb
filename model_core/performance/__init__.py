"""What happens to a motion after its prediction."""
