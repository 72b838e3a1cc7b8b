"""Bring an instance's database to this version's schema."""

from admin_cli.console import result
from admin_cli.globals import current


def upgrade() -> None:
    """Bring the database to the schema of this version; does nothing when it is there already."""
    from gateway.config.reading import load
    from gateway.instance.home import database_url
    from mailstore.upgrade import current as revision
    from mailstore.upgrade import upgrade as migrate

    url = database_url(current().home, load(current().home))
    before = revision(url)
    if not current().dry_run:
        migrate(url)
    after = revision(url)
    result({"before": before, "after": after}, f"المخطط: {after}", f"schema: {before} -> {after}")
