"""Pure decisions of the csat service."""
