"""Pure decisions of the automation service: keywords and rules."""
