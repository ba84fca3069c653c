"""Pure decisions of the automation service."""
