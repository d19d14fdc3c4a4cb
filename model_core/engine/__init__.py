"""What computes the networks: torch, or onnxruntime from exported graphs."""
