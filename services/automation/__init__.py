"""automation service."""
