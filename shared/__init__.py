"""What all six services stand on."""
