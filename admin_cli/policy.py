"""Policy: show the settings and pair rules, check and set pairs, test a letter without side effects."""

from pathlib import Path
from typing import Annotated, Any

import typer

from admin_cli.console import document, result, rows
from admin_cli.globals import Exit, current
from policies.words.calendar import rfc3339

app = typer.Typer(help="Policy / السياسة", no_args_is_help=True)


@app.command()
def show() -> None:
    """Show the policy in force: limits, signature rules, pair rules, and every reason for a refusal."""
    from dataclasses import asdict

    from admin_cli.acts import instance
    from gateway.instance.home import policy_settings
    from mailstore.directory.directory import snapshot
    from policies.words.reasons import EXPLANATIONS

    with instance() as opened:
        settings = policy_settings(opened.config)
        directory = opened.store.read(snapshot)
    pairs = [{"from": one, "to": other, "allowed": yes} for (one, other), yes in directory.pairs.items()]
    reasons = [{"code": code.value, **asdict(text)} for code, text in EXPLANATIONS.items()]
    shown = opened.config.policy.model_dump()
    if current().json:
        document({"version": settings.version, "settings": shown, "pairs": pairs, "reasons": reasons})
        return
    listed = [
        {"name": "version", "value": settings.version},
        *({"name": n, "value": v} for n, v in shown.items()),
    ]
    rows("settings", listed, (("name", "الإعداد", "Setting"), ("value", "القيمة", "Value")))
    rows("pairs", pairs, (("from", "من", "From"), ("to", "إلى", "To"), ("allowed", "مسموح", "Allowed")))
    rows(
        "reasons",
        reasons,
        (("code", "الرمز", "Code"), ("en", "بالإنجليزية", "English"), ("ar", "بالعربية", "Arabic")),
    )


@app.command()
def check() -> None:
    """Check the settings file; every unknown or wrong setting is named with its row."""
    from gateway.config.reading import FILE, load

    load(current().home)
    path = str(current().home / FILE)
    result({"file": path, "valid": True}, f"الإعدادات صحيحة: {path}", f"settings are valid: {path}")


@app.command()
def pair(
    sender: str,
    recipient: str,
    forbid: Annotated[bool, typer.Option("--forbid/--allow", help="forbid or allow letters between them")],
) -> None:
    """Forbid or allow letters from one agency (code) to another."""
    from admin_cli.acts import change
    from mailstore.directory.directory import set_pair

    change(lambda unit: set_pair(unit, sender.upper(), recipient.upper(), allowed=not forbid))
    result(
        {"from": sender.upper(), "to": recipient.upper(), "allowed": not forbid},
        f"من {sender} إلى {recipient}: {'ممنوع' if forbid else 'مسموح'}",
        f"{sender.upper()} {'may not' if forbid else 'may'} write to {recipient.upper()}",
    )


@app.command()
def test(
    account: Annotated[str, typer.Option(help="login that would submit")],
    sender: Annotated[str, typer.Option("--from", help="reverse-path (MAIL FROM)")],
    to: Annotated[list[str], typer.Option("--to", help="recipient (RCPT TO); may be given again")],
    file: Annotated[Path, typer.Option(help="the message as it would be sent (.eml)")],
) -> None:
    """Say what every rule would decide about a letter. Nothing is kept; exit 0 accepted, 3 refused."""
    from dataclasses import asdict

    from admin_cli.acts import instance, unreadable
    from gateway.instance.home import policy_settings
    from gateway.letters.examination import examine, verifier
    from mailstore.directory.directory import snapshot
    from policies.verdict import Refused

    try:
        octets = file.read_bytes()
    except OSError as fault:
        raise unreadable(file, fault) from None
    with instance() as opened:
        directory = opened.store.read(snapshot)
        envelope = _envelope(account, sender, to, directory, opened.store.clock())
        found = examine(
            envelope,
            octets,
            directory,
            policy_settings(opened.config),
            verifier(opened.home),
            gateway=opened.config.instance.receipts.rpartition("@")[2],
        )
    rules = [_row(name, verdict) for name, verdict in found.explained()]
    refused = found.verdict if isinstance(found.verdict, Refused) else None
    shown: dict[str, Any] = {
        "accepted": refused is None,
        "reason": refused.reason.value if refused else None,
        "detail": refused.detail if refused else "",
        "said": asdict(refused.said) if refused and refused.said else None,
        "rules": rules,
        "facts": [_facts(one) for one in found.case.facts],
    }
    if current().json or current().ndjson:
        document(shown)
    else:
        _print(shown, rules)
    raise typer.Exit(int(Exit.REFUSED if refused else Exit.OK))


def _print(shown: dict[str, Any], rules: list[dict[str, Any]]) -> None:
    from admin_cli.console import say
    from policies.words.reasons import EXPLANATIONS, Reason

    columns = (
        ("rule", "القاعدة", "Rule"),
        ("verdict", "الحكم", "Verdict"),
        ("reason", "السبب", "Reason"),
        ("detail", "التفصيل", "Detail"),
    )
    rows("rules", rules, columns)
    if shown["accepted"]:
        say("يُقبل الخطاب.", "The letter would be accepted.")
        return
    if shown["said"]:
        say(f"[{shown['reason']}] {shown['said']['ar']}", f"[{shown['reason']}] {shown['said']['en']}")
        return
    text = EXPLANATIONS[Reason(shown["reason"])]
    say(f"[{shown['reason']}] {text.ar} {text.remedy_ar}", f"[{shown['reason']}] {text.en} {text.remedy_en}")


def _envelope(account: str, sender: str, to: list[str], directory: Any, now: Any) -> Any:
    from mailstore.faults import NotFound
    from policies.addresses.address import parse_address
    from policies.envelope import Envelope, Recipient
    from policies.people.identity import Account

    login = account.lower()
    officer, system = directory.officers.get(login), directory.systems.get(login)
    if officer is None and system is None:
        raise NotFound(f"no account {account}", f"لا يوجد حساب {account}")
    recipients = tuple(Recipient(parse_address(one)) for one in to)
    proved = Account(login, "policy test", officer, system)
    return Envelope(parse_address(sender), recipients, proved, now, "127.0.0.1", smtputf8=True)


def _row(name: str, verdict: Any) -> dict[str, Any]:
    from policies.verdict import Refused

    if isinstance(verdict, Refused):
        return {"rule": name, "verdict": "refused", "reason": verdict.reason.value, "detail": verdict.detail}
    return {"rule": name, "verdict": "accepted", "reason": None, "detail": ""}


def _facts(one: Any) -> dict[str, Any]:
    return {
        "engine": one.engine,
        "version": one.engine_version,
        "finding": one.finding.value,
        "fingerprint": one.fingerprint,
        "created": rfc3339(one.created) if one.created else None,
        "hash": one.hash_algorithm,
        "key_algorithm": one.key_algorithm,
    }
