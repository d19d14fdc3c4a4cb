"""JambaTalk: the decoder of arXiv 2408.01627 and the model made of it."""
