"""Receipts: when one is owed, the facts it tells, and its words."""
