"""The demo: a running gateway with sample agencies, and the story of one letter."""
