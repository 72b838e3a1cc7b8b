"""Benchmarks of the running gateway, beside a peer where there is one."""
