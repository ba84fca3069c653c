"""Pure decisions of the csat service: the gate, the invitation, the figures."""
