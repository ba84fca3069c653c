"""What networks and visitors call: ``/hooks`` and ``/widget``."""
