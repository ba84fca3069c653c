"""Pure decisions of the routing service."""
