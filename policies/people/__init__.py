"""Agencies, offices, officers and systems, and the snapshot that rules look them up in."""
