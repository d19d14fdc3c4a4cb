"""Names that the exported graphs and whoever reads them agree on."""

WEIGHTS_ELSEWHERE = "weights.elsewhere"
"""The file that a graph names for its weights: there is none, they are given with the session."""
EARS_PREFIX, DECODER_PREFIX = "ears.", "model."
"""What the graphs' names of weights begin with, before the network's own."""
