"""OpenPGP: packets and armor read by our own code, and the two engines."""
