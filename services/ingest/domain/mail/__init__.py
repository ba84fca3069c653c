"""Mail as text: reading what strangers send, whatever it is, and writing what we send. Pure."""
