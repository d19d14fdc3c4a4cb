"""Pretrained speech encoders; `model_core.encoding.encoder` chooses among them."""
