"""From phones to rig weights: phone inventories, articulation rules and coarticulation."""
