"""Use cases of automation, a module for each of its parts: rules, virtual agents, webhooks out."""
