"""Who is at the other end: attempts, accounts, passwords, SCRAM, and the throttle on guessing."""
