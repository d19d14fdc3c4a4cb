"""What computes the networks: torch, or onnxruntime from graphs exported beside the weights."""
