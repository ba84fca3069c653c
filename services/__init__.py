"""The six services of Switchboard and the command that runs them."""
