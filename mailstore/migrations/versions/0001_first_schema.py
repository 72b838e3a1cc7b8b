"""The first schema: every table, in the order of their references.

Revision ID: 0001
Revises: nothing
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SEARCHED = ("subject", "sender", "recipient", "cc", "bcc")


def upgrade() -> None:
    """Create the tables of an empty database."""
    _directory()
    _rights()
    _keys()
    _registers_and_messages()
    _letters()
    _recipients()
    _mailboxes()
    _entries()
    _evidence()
    _work_owed()


def _each(kind: sa.types.TypeEngine[Any], *names: str) -> list[sa.schema.SchemaItem]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _directory() -> None:
    op.create_table(
        "instance",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_instance")),
        comment="facts about this instance: log origin, directory version, last UIDVALIDITY, key of the SCRAM salts",
    )
    op.create_table(
        "agencies",
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("domain", sa.String(255), nullable=False),
        *_each(sa.Text(), "name_ar", "name_en"),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("allow_unsigned_systems", sa.Boolean(), nullable=False),
        sa.Column("header_protection", sa.String(64), nullable=False),
        sa.Column("allow_repeats", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_agencies")),
        sa.UniqueConstraint("domain", name=op.f("uq_agencies_domain")),
    )
    op.create_table(
        "offices",
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("agency", sa.String(32), nullable=False),
        *_each(sa.Text(), "name_ar", "name_en"),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"], name=op.f("fk_offices_agency_agencies")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_offices")),
    )
    op.create_index("ix_offices_agency", "offices", ["agency"])
    op.create_table(
        "accounts",
        sa.Column("login", sa.String(320), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("agency", sa.String(32), nullable=True),
        *_each(sa.Text(), "name_ar", "name_en", "post_ar", "post_en"),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.Column("certificate", sa.String(64), nullable=True),
        *_each(sa.Boolean(), "suspended", "split_recipients"),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.CheckConstraint("kind IN ('officer', 'system')", name=op.f("ck_accounts_kind")),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"], name=op.f("fk_accounts_agency_agencies")),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_accounts")),
        sa.UniqueConstraint("certificate", name=op.f("uq_accounts_certificate")),
        comment="one login: a named officer, or a legacy system of an agency",
    )


def _rights() -> None:
    op.create_table(
        "grants",
        sa.Column("login", sa.String(320), nullable=False),
        sa.Column("office", sa.String(320), nullable=False),
        sa.Column("rights", sa.String(64), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("granted_at", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["accounts.login"], name=op.f("fk_grants_login_accounts")),
        sa.ForeignKeyConstraint(["office"], ["offices.address"], name=op.f("fk_grants_office_offices")),
        sa.PrimaryKeyConstraint("login", "office", name=op.f("pk_grants")),
    )
    op.create_table(
        "credentials",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("login", sa.String(320), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("scram", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("revoked_at", sa.String(24), nullable=True),
        sa.ForeignKeyConstraint(["login"], ["accounts.login"], name=op.f("fk_credentials_login_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credentials")),
        comment="Argon2id hashes and SCRAM-SHA-256 keys (RFC 5803) of generated app passwords",
    )
    op.create_index("ix_credentials_login", "credentials", ["login"])


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("fingerprint", sa.String(128), nullable=False),
        sa.Column("material", sa.LargeBinary(), nullable=False),
        sa.Column("approved_by", sa.String(320), nullable=False),
        sa.Column("enrolled_at", sa.String(24), nullable=False),
        sa.Column("expires_at", sa.String(24), nullable=True),
        sa.Column("revoked_at", sa.String(24), nullable=True),
        sa.Column("revocation_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["address"], ["offices.address"], name=op.f("fk_keys_address_offices")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_keys_fingerprint")),
    )
    op.create_index("ix_keys_address", "keys", ["address"])
    op.create_table(
        "key_fingerprints",
        sa.Column("fingerprint", sa.String(128), nullable=False),
        sa.Column("key_id", _SERIAL, nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name=op.f("fk_key_fingerprints_key_id_keys")),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_key_fingerprints")),
        comment="every fingerprint of a primary key and of a subkey that signs: no key material serves two offices",
    )
    op.create_index("ix_key_fingerprints_key_id", "key_fingerprints", ["key_id"])
    op.create_table(
        "pair_rules",
        sa.Column("sender", sa.String(32), nullable=False),
        sa.Column("recipient", sa.String(32), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(
            ["recipient"], ["agencies.code"], name=op.f("fk_pair_rules_recipient_agencies")
        ),
        sa.ForeignKeyConstraint(["sender"], ["agencies.code"], name=op.f("fk_pair_rules_sender_agencies")),
        sa.PrimaryKeyConstraint("sender", "recipient", name=op.f("pk_pair_rules")),
    )


def _registers_and_messages() -> None:
    op.create_table(
        "registers",
        sa.Column("series", sa.String(96), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_registers")),
        comment="last number given in each series; moves only inside the letter's own transaction",
    )
    op.create_table(
        "messages",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("head_size", sa.Integer(), nullable=False),
        *_each(sa.LargeBinary(), "digest", "envelope", "body", "bodystructure", "octets"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_messages")),
        comment="exact octets, content-addressed, with what IMAP asks about them computed once",
    )
    op.create_table(
        "search_texts",
        sa.Column("sha256", sa.String(64), nullable=False),
        *_each(sa.LargeBinary(), *_SEARCHED, "head", "body"),
        sa.ForeignKeyConstraint(
            ["sha256"], ["messages.sha256"], name=op.f("fk_search_texts_sha256_messages")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_search_texts")),
        comment="folded text of a message, for searches; a missing row costs speed only",
    )


def _letters() -> None:
    op.create_table(
        "letters",
        sa.Column("letter_id", sa.String(36), nullable=False),
        *_each(sa.String(96), "reference", "series"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sender_agency", sa.String(32), nullable=False),
        *_each(sa.String(320), "sender_office", "sender_login"),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        *_each(sa.Text(), "subject", "subject_folded"),
        *_each(sa.String(16), "grade", "urgency"),
        *_each(sa.String(24), "accepted_at"),
        *_each(sa.String(16), "signature_format"),
        *_each(sa.String(128), "signature_fingerprint"),
        sa.Column("headers_protected", sa.Boolean(), nullable=False),
        sa.Column("engines", sa.String(64), nullable=False),
        *_each(sa.String(64), "submission_key", "signed_key", "signature_key"),
        sa.Column("voided_at", sa.String(24), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sender_agency"], ["agencies.code"], op.f("fk_letters_sender_agency_agencies")
        ),
        sa.ForeignKeyConstraint(
            ["sender_login"], ["accounts.login"], op.f("fk_letters_sender_login_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["sender_office"], ["offices.address"], name=op.f("fk_letters_sender_office_offices")
        ),
        sa.ForeignKeyConstraint(["sha256"], ["messages.sha256"], name=op.f("fk_letters_sha256_messages")),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_letters")),
        sa.UniqueConstraint("reference", name=op.f("uq_letters_reference")),
        sa.UniqueConstraint("series", "number", name=op.f("uq_letters_series")),
        sa.UniqueConstraint("signed_key", name=op.f("uq_letters_signed_key")),
        sa.UniqueConstraint("submission_key", name=op.f("uq_letters_submission_key")),
    )
    op.create_index("ix_letters_accepted_at", "letters", ["accepted_at"])
    op.create_index("ix_letters_message_id", "letters", ["message_id"])
    op.create_index("ix_letters_signature_key", "letters", ["signature_key"])


def _recipients() -> None:
    op.create_table(
        "recipients",
        sa.Column("letter_id", sa.String(36), nullable=False),
        sa.Column("office", sa.String(320), nullable=False),
        sa.Column("agency", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(16), nullable=False),
        *_each(sa.String(96), "incoming_reference", "incoming_series"),
        sa.Column("incoming_number", sa.Integer(), nullable=False),
        sa.Column("notify", sa.String(64), nullable=False),
        sa.Column("orcpt", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"], name=op.f("fk_recipients_agency_agencies")),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.letter_id"], name=op.f("fk_recipients_letter_id_letters")
        ),
        sa.ForeignKeyConstraint(["office"], ["offices.address"], name=op.f("fk_recipients_office_offices")),
        sa.PrimaryKeyConstraint("letter_id", "office", name=op.f("pk_recipients")),
        sa.UniqueConstraint("incoming_reference", name=op.f("uq_recipients_incoming_reference")),
        sa.UniqueConstraint("incoming_series", "incoming_number", name=op.f("uq_recipients_incoming_series")),
    )
    op.create_index("ix_recipients_agency", "recipients", ["agency"])


def _mailboxes() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("office", sa.String(320), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("special_use", sa.String(16), nullable=False),
        *_each(sa.BigInteger(), "uidvalidity", "uidnext", "highestmodseq"),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["offices.address"], name=op.f("fk_mailboxes_office_offices")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailboxes")),
        sa.UniqueConstraint("office", "name", name=op.f("uq_mailboxes_office")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "subscriptions",
        sa.Column("login", sa.String(320), nullable=False),
        sa.Column("office", sa.String(320), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subscribed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["accounts.login"], name=op.f("fk_subscriptions_login_accounts")),
        sa.ForeignKeyConstraint(
            ["office"], ["offices.address"], name=op.f("fk_subscriptions_office_offices")
        ),
        sa.PrimaryKeyConstraint("login", "office", "name", name=op.f("pk_subscriptions")),
        comment="departures from the default: every mailbox of an office is subscribed",
    )


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("mailbox", _SERIAL, nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("letter_id", sa.String(36), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("internal_date", sa.String(24), nullable=False),
        sa.Column("saved_at", sa.String(24), nullable=False),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("modseq", sa.BigInteger(), nullable=False),
        sa.Column("expunged_modseq", sa.BigInteger(), nullable=True),
        *_each(sa.LargeBinary(), "digest", "prefix", "head"),
        sa.CheckConstraint("kind IN ('letter', 'receipt', 'draft', 'copy')", name=op.f("ck_entries_kind")),
        sa.CheckConstraint("length(keywords) <= 1000", name=op.f("ck_entries_keywords")),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.letter_id"], name=op.f("fk_entries_letter_id_letters")
        ),
        sa.ForeignKeyConstraint(["mailbox"], ["mailboxes.id"], name=op.f("fk_entries_mailbox_mailboxes")),
        sa.ForeignKeyConstraint(["sha256"], ["messages.sha256"], name=op.f("fk_entries_sha256_messages")),
        sa.PrimaryKeyConstraint("mailbox", "uid", name=op.f("pk_entries")),
        comment="a message in a mailbox: our header block, then its octets; head: the whole header section",
    )
    op.create_index("ix_entries_letter_id", "entries", ["letter_id"])
    op.create_index(
        "ix_entries_live", "entries", ["mailbox", "expunged_modseq", "uid", "modseq", "keywords", "size"]
    )
    op.create_index("ix_entries_modseq", "entries", ["mailbox", "modseq"])
    op.create_index("ix_entries_sha256", "entries", ["sha256"])
    op.create_table(
        "entry_flags",
        sa.Column("mailbox", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("login", sa.String(320), nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("modseq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["accounts.login"], name=op.f("fk_entry_flags_login_accounts")),
        sa.PrimaryKeyConstraint("mailbox", "login", "uid", name=op.f("pk_entry_flags")),
        comment="one officer's own flags on one message, separated by spaces",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_entry_flags_modseq", "entry_flags", ["mailbox", "login", "modseq"])
    op.create_table(
        "search_fields",
        sa.Column("mailbox", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        *_each(sa.LargeBinary(), *_SEARCHED),
        sa.PrimaryKeyConstraint("mailbox", "uid", name=op.f("pk_search_fields")),
        comment="the fields of search_texts beside each entry, in a mailbox's order",
        sqlite_with_rowid=False,
    )


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("log_index", _SERIAL, autoincrement=False, nullable=False),
        sa.Column("evidence_id", sa.String(36), nullable=False),
        sa.Column("unique_key", sa.Text(), nullable=False),
        sa.Column("event", sa.String(24), nullable=False),
        sa.Column("event_time", sa.String(24), nullable=False),
        sa.Column("letter_id", sa.String(36), nullable=False),
        sa.Column("office", sa.String(320), nullable=False),
        sa.Column("actor", sa.String(320), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_evidence")),
        sa.UniqueConstraint("evidence_id", name=op.f("uq_evidence_evidence_id")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_evidence_unique_key")),
        comment="append-only; record holds the canonical octets, the other columns only help to find it",
    )
    op.create_index("ix_evidence_event", "evidence", ["event", "log_index"])
    op.create_index("ix_evidence_letter_id", "evidence", ["letter_id"])
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
        comment="one row: the size of the log; every writing transaction takes its lock first",
    )
    op.create_table(
        "log_nodes",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_log_nodes")),
        comment="hashes of complete subtrees: level 0 are the leaves",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", _SERIAL, autoincrement=False, nullable=False),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoints")),
    )


def _work_owed() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("letter_id", sa.String(36), nullable=False),
        sa.Column("evidence_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.String(24), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('owed', 'done', 'held', 'failed')", name=op.f("ck_outbox_state")),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.letter_id"], name=op.f("fk_outbox_letter_id_letters")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("kind", "evidence_id", name=op.f("uq_outbox_kind")),
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "due_at"])
    op.create_index("ix_outbox_letter_id", "outbox", ["letter_id"])
