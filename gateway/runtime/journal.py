"""The operator's journal: one JSON line an event on stderr. Never evidence, a secret or a letter's content."""

import json
import logging
import sys
from datetime import UTC, datetime


class _Lines(logging.Formatter):
    """One line a record; line breaks and terminal controls in a message are escaped by JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one JSON line."""
        text = record.getMessage()
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "room": record.name,
        }
        try:
            members = json.loads(text) if text.startswith("{") else None
        except ValueError:
            members = None
        line |= members if isinstance(members, dict) else {"text": text}
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True)


def start_journal(level: int = logging.INFO) -> None:
    """Write the product's journal to stderr; other libraries speak from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("murasalat").setLevel(level)
    for name in ("mail.log", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
