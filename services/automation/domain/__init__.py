"""Pure decisions of the automation service: rules, virtual agents, webhooks."""
