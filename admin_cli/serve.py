"""Run the gateway until it is told to stop."""

import json


def serve() -> None:
    """Run the gateway: submission and IMAP, until SIGTERM or Ctrl-C; then drain and stop."""
    import asyncio

    from admin_cli.globals import current
    from gateway.app import run_until_stopped

    def ready(listeners: dict[str, tuple[str, int]], ca: str, host: str) -> None:
        shown = {name: list(where) for name, where in listeners.items()}
        print(json.dumps({"ready": True, "listeners": shown, "host": host, "ca": ca}), flush=True)

    asyncio.run(run_until_stopped(current().home, ready))
