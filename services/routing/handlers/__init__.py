"""Use cases of routing, one module per noun."""
