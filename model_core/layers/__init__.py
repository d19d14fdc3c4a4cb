"""Layers of the decoder: Mamba, mixture of experts, grouped-query attention, rotary embedding."""
