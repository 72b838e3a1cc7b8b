"""Values and decisions. Pure: no I/O, no clock, no logging; everything a rule needs is an argument."""
