"""Agencies, offices, officers, systems, their credentials and keys."""
