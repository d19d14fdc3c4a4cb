"""Real recordings and the words said in them."""
