"""Sockets of every listener: TLS, connections in number, open files."""
