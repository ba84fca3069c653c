"""The parts of the chaos test: the house that is killed, the load on it, and the verdict."""
