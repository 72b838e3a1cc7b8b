"""The administrator's command line: parse, call a use case, print."""
