"""The parts of the visuomotor policy."""
