"""Pure decisions of the sla service."""
