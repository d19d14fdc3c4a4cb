"""How the streaming model is distilled from the default one."""
