"""Pure decisions of the gateway service."""
