"""Signatures: finding the signed octets, verifying them with two engines, and the gateway's own seals."""
