"""Every table and constraint, in one place.

Times are text, RFC 3339 in UTC with milliseconds, so that they sort and read the same on every engine.
Addresses are canonical (lower case). Constraints here are the last line of the invariants: unique references, unique
evidence, one UID per mailbox, gapless log indices.

Large columns stand last: SQLite reads a row from the front, and walks every page of a blob to reach what follows it.
`digest` columns hold `rowdigest.row_digest` over the columns of their row that never change: they tell a flipped bit
from the truth. Against a person who can write to the database only the log helps.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

VERSION = "0001"  # the newest step in migrations/versions: what this program reads and writes

_Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite gives row ids to INTEGER PRIMARY KEY only

# ── The instance itself ───────────────────────────────────────────────────────────────────────────────────

instance = Table(
    "instance",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    comment="facts about this instance: log origin, directory version, last UIDVALIDITY, key of the SCRAM salts",
)

# ── Directory ─────────────────────────────────────────────────────────────────────────────────────────────

agencies = Table(
    "agencies",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("domain", String(255), nullable=False, unique=True),
    Column("name_ar", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("suspended", Boolean, nullable=False, default=False),
    Column("allow_unsigned_systems", Boolean, nullable=False, default=False),
    Column("created_at", String(24), nullable=False),
)

offices = Table(
    "offices",
    metadata,
    Column("address", String(320), primary_key=True),
    Column("agency", ForeignKey("agencies.code"), nullable=False, index=True),
    Column("name_ar", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("suspended", Boolean, nullable=False, default=False),
    Column("created_at", String(24), nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("login", String(320), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("agency", ForeignKey("agencies.code")),
    Column("name_ar", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("post_ar", Text, nullable=False, default=""),
    Column("post_en", Text, nullable=False, default=""),
    Column("language", String(2), nullable=False, default="ar"),
    Column("networks", Text, nullable=False, default="[]"),
    Column("certificate", String(64), unique=True),
    Column("suspended", Boolean, nullable=False, default=False),
    Column("split_recipients", Boolean, nullable=False, default=False),
    Column("created_at", String(24), nullable=False),
    CheckConstraint("kind IN ('officer', 'system')", name="kind"),
    comment="one login: a named officer, or a legacy system of an agency",
)

grants = Table(
    "grants",
    metadata,
    Column("login", ForeignKey("accounts.login"), primary_key=True),
    Column("office", ForeignKey("offices.address"), primary_key=True),
    Column("rights", String(64), nullable=False),
    Column("is_primary", Boolean, nullable=False, default=False),
    Column("granted_at", String(24), nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("login", ForeignKey("accounts.login"), nullable=False, index=True),
    Column("hash", Text, nullable=False),
    Column("scram", Text, nullable=False, default=""),
    Column("created_at", String(24), nullable=False),
    Column("revoked_at", String(24)),
    comment="Argon2id hashes and SCRAM-SHA-256 keys (RFC 5803) of generated app passwords",
)

keys = Table(
    "keys",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("address", ForeignKey("offices.address"), nullable=False, index=True),
    Column("format", String(16), nullable=False),
    Column("fingerprint", String(128), nullable=False, unique=True),
    Column("material", LargeBinary, nullable=False),
    Column("approved_by", String(320), nullable=False, default=""),
    Column("enrolled_at", String(24), nullable=False),
    Column("expires_at", String(24)),
    Column("revoked_at", String(24)),
    Column("revocation_reason", Text, nullable=False, default=""),
)

key_fingerprints = Table(
    "key_fingerprints",
    metadata,
    Column("fingerprint", String(128), primary_key=True),
    Column("key_id", ForeignKey("keys.id"), nullable=False, index=True),
    comment="every primary and subkey fingerprint: no key material serves two offices",
)

pair_rules = Table(
    "pair_rules",
    metadata,
    Column("sender", ForeignKey("agencies.code"), primary_key=True),
    Column("recipient", ForeignKey("agencies.code"), primary_key=True),
    Column("allowed", Boolean, nullable=False),
    Column("decided_at", String(24), nullable=False),
)

# ── Letters ───────────────────────────────────────────────────────────────────────────────────────────────

registers = Table(
    "registers",
    metadata,
    Column("series", String(96), primary_key=True),
    Column("last", Integer, nullable=False),
    comment="last number given in each series; moves only inside the letter's own transaction",
)

messages = Table(
    "messages",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("head_size", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("bodystructure", LargeBinary, nullable=False),
    Column("octets", LargeBinary, nullable=False),
    comment="exact octets, content-addressed, with what IMAP asks about them computed once",
)

search_texts = Table(
    "search_texts",
    metadata,
    Column("sha256", ForeignKey("messages.sha256"), primary_key=True),
    Column("subject", LargeBinary, nullable=False),
    Column("sender", LargeBinary, nullable=False),
    Column("recipient", LargeBinary, nullable=False),
    Column("cc", LargeBinary, nullable=False),
    Column("bcc", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    comment="folded text of a message, for searches; a missing row costs speed only",
)

letters = Table(
    "letters",
    metadata,
    Column("letter_id", String(36), primary_key=True),
    Column("reference", String(96), nullable=False, unique=True),
    Column("series", String(96), nullable=False),
    Column("number", Integer, nullable=False),
    Column("sender_agency", ForeignKey("agencies.code"), nullable=False),
    Column("sender_office", ForeignKey("offices.address"), nullable=False),
    Column("sender_login", ForeignKey("accounts.login"), nullable=False),
    Column("message_id", Text, nullable=False, index=True),
    Column("sha256", ForeignKey("messages.sha256"), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("subject_folded", Text, nullable=False),
    Column("grade", String(16), nullable=False),
    Column("urgency", String(16), nullable=False),
    Column("accepted_at", String(24), nullable=False, index=True),
    Column("signature_format", String(16), nullable=False),
    Column("signature_fingerprint", String(128), nullable=False),
    Column("headers_protected", Boolean, nullable=False),
    Column("engines", String(64), nullable=False),
    Column("submission_key", String(64), nullable=False, unique=True),
    Column("signed_key", String(64), nullable=False, unique=True),
    Column("voided_at", String(24)),
    Column("digest", LargeBinary, nullable=False),
    UniqueConstraint("series", "number"),
)

recipients = Table(
    "recipients",
    metadata,
    Column("letter_id", ForeignKey("letters.letter_id"), primary_key=True),
    Column("office", ForeignKey("offices.address"), primary_key=True),
    Column("agency", ForeignKey("agencies.code"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("duty", String(16), nullable=False),
    Column("incoming_reference", String(96), nullable=False, unique=True),
    Column("incoming_series", String(96), nullable=False),
    Column("incoming_number", Integer, nullable=False),
    Column("notify", String(64), nullable=False, default=""),
    Column("orcpt", Text, nullable=False, default=""),
    Column("digest", LargeBinary, nullable=False),
    UniqueConstraint("incoming_series", "incoming_number"),
)

# ── Mailboxes ─────────────────────────────────────────────────────────────────────────────────────────────

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("office", ForeignKey("offices.address"), nullable=False),
    Column("name", Text, nullable=False),
    Column("special_use", String(16), nullable=False, default=""),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uidnext", BigInteger, nullable=False, default=1),
    Column("highestmodseq", BigInteger, nullable=False, default=1),
    Column("created_at", String(24), nullable=False),
    UniqueConstraint("office", "name"),
    sqlite_autoincrement=True,  # an id never comes again: indexes in memory and records name mailboxes by it
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("login", ForeignKey("accounts.login"), primary_key=True),
    Column("office", ForeignKey("offices.address"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("subscribed", Boolean, nullable=False),
    comment="departures from the default: every mailbox of an office is subscribed",
)

entries = Table(
    "entries",
    metadata,
    Column("mailbox", ForeignKey("mailboxes.id"), primary_key=True),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("letter_id", ForeignKey("letters.letter_id"), index=True),
    Column("sha256", ForeignKey("messages.sha256"), nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("internal_date", String(24), nullable=False),
    Column("saved_at", String(24), nullable=False),
    Column("keywords", Text, nullable=False, default=""),
    Column("modseq", BigInteger, nullable=False),
    Column("expunged_modseq", BigInteger),
    Column("digest", LargeBinary, nullable=False),
    Column("prefix", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
    CheckConstraint("kind IN ('letter', 'receipt', 'draft', 'copy')", name="kind"),
    CheckConstraint("length(keywords) <= 1000", name="keywords"),  # they stand in an index
    Index("ix_entries_live", "mailbox", "expunged_modseq", "uid", "modseq", "keywords", "size"),
    Index("ix_entries_modseq", "mailbox", "modseq"),
    comment="a message in a mailbox: our header block, then its octets; head: the whole header section",
)

entry_flags = Table(
    "entry_flags",
    metadata,
    Column("mailbox", BigInteger, primary_key=True, autoincrement=False),
    Column("login", ForeignKey("accounts.login"), primary_key=True),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("flags", Text, nullable=False),
    Column("modseq", BigInteger, nullable=False),
    Index("ix_entry_flags_modseq", "mailbox", "login", "modseq"),
    comment="one officer's own flags on one message, separated by spaces",
    sqlite_with_rowid=False,
)

search_fields = Table(
    "search_fields",
    metadata,
    Column("mailbox", BigInteger, primary_key=True, autoincrement=False),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", LargeBinary, nullable=False),
    Column("sender", LargeBinary, nullable=False),
    Column("recipient", LargeBinary, nullable=False),
    Column("cc", LargeBinary, nullable=False),
    Column("bcc", LargeBinary, nullable=False),
    comment="the fields of search_texts beside each entry, in a mailbox's order",
    sqlite_with_rowid=False,
)

# ── Evidence and its log ──────────────────────────────────────────────────────────────────────────────────

evidence = Table(
    "evidence",
    metadata,
    Column("log_index", _Serial, primary_key=True, autoincrement=False),
    Column("evidence_id", String(36), nullable=False, unique=True),
    Column("unique_key", Text, nullable=False, unique=True),
    Column("event", String(24), nullable=False),
    Column("event_time", String(24), nullable=False),
    Column("letter_id", String(36), nullable=False, index=True),
    Column("office", String(320), nullable=False),
    Column("actor", String(320), nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("ix_evidence_event", "event", "log_index"),
    comment="append-only; record holds the canonical octets, the other columns only help to find it",
)

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    comment="one row: the size of the log; every writing transaction takes its lock first",
)

log_nodes = Table(
    "log_nodes",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
    comment="hashes of complete subtrees: level 0 are the leaves",
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", _Serial, primary_key=True, autoincrement=False),
    Column("root", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Column("signed_at", String(24), nullable=False),
)

# ── Work still owed ───────────────────────────────────────────────────────────────────────────────────────

outbox = Table(
    "outbox",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("kind", String(24), nullable=False),
    Column("letter_id", ForeignKey("letters.letter_id"), nullable=False, index=True),
    Column("evidence_id", String(36), nullable=False),
    Column("state", String(8), nullable=False, default="owed"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", String(24), nullable=False),
    Column("error", Text, nullable=False, default=""),
    UniqueConstraint("kind", "evidence_id"),
    CheckConstraint("state IN ('owed', 'done', 'held', 'failed')", name="state"),
    Index("ix_outbox_due", "state", "due_at"),
)
