"""The paper's own recipe as a model: encoder and decoder trained together."""
