"""Receipts as they are made: facts from the evidence, text and page, the parts programs read, the sealed message."""
