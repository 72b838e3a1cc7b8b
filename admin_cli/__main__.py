"""`python -m admin_cli` is the console command `murasalat`."""

from admin_cli.main import run

run()
