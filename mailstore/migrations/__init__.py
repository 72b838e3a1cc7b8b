"""Numbered forward steps between schemas, run by `mailstore.upgrade`. The way back is a backup."""
