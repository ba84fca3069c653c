"""How Switchboard is deployed, and a demonstration of it."""
