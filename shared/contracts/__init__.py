"""What travels between services: events, commands, snapshots and the settings objects. No I/O."""
