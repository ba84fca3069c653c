"""Pure decisions of the sla service: which terms apply, and how a clock stands."""
