"""csat service."""
