"""Layers of the hybrid decoder: Mamba, mixture of experts, grouped-query attention, rotary embedding."""
