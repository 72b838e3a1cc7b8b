"""What the settings file says reaches the listener."""

from dataclasses import asdict

from gateway.app import _imap_settings
from gateway.config.quirks import read_quirk
from gateway.config.tree import ImapSection
from gateway.imap.settings import ImapSettings

WRITTEN = {
    "max_connections": ("connections", 11),
    "max_connections_per_source": ("connections_per_source", 12),
    "idle_seconds": ("idle_seconds", 1813),
    "max_append": ("append_limit", 1024),
    "max_keywords": ("keywords", 14),
    "max_mailboxes": ("mailboxes", 15),
    "uploads_per_account": ("uploads_per_account", 16),
    "commands_before_login": ("commands_before_login", 17),
    "utf8": ("utf8", False),
    "xlist": ("xlist", True),
}


def test_every_imap_setting_reaches_the_listener() -> None:
    row = "Old: MOVE"
    assert {*WRITTEN, "withheld"} == set(ImapSection.model_fields)
    section = ImapSection(**{name: value for name, (_, value) in WRITTEN.items()}, withheld=(row,))
    settings = _imap_settings(section)
    assert settings.withheld == (read_quirk(row),)
    assert {name: getattr(settings, name) for name, _ in WRITTEN.values()} == dict(WRITTEN.values())


def test_the_defaults_of_file_and_listener_are_the_same() -> None:
    assert asdict(_imap_settings(ImapSection())) == asdict(ImapSettings())
