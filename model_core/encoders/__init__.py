"""Pretrained speech encoders; `model_core.encoder` chooses among them."""
