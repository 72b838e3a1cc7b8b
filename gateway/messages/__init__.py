"""What is stored beside the octets of a message: its structure and its folded text."""
