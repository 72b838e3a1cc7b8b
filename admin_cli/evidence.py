"""Evidence: recompute everything, sign a checkpoint, show refusals."""

from typing import Annotated, Any

import typer

from admin_cli.console import document, result, rows, say
from admin_cli.globals import Exit, current, leave

app = typer.Typer(help="Evidence and its log / الأدلة وسجلها", no_args_is_help=True)


@app.command()
def verify() -> None:
    """Recompute log, octets and numbers; exit 5 and the first bad record if anything differs."""
    from admin_cli.acts import instance
    from gateway.evidence.checkpointing import note_checker
    from mailstore.integrity import verify as recompute

    with instance() as opened:
        report = opened.store.read(lambda connection: recompute(connection, note_checker(opened)))
    faults = [
        {"kind": one.kind, "where": one.where, "text_ar": one.text_ar, "text_en": one.text_en}
        for one in report.faults
    ]
    found: dict[str, Any] = {"intact": not faults, "checked": report.checked, "faults": faults}
    if current().json or current().ndjson:
        document(found)
    else:
        counts = [{"what": name, "count": count} for name, count in report.checked.items()]
        rows("checked", counts, (("what", "ما فُحص", "Checked"), ("count", "العدد", "Count")))
        if not faults:
            say("السجل سليم: لا اختلاف.", "intact: nothing differs")
    if faults:
        first = faults[0]
        text = first["text_ar"] if current().lang == "ar" else first["text_en"]
        leave(Exit.CHECK_FAILED, f"{first['kind']} {first['where']}: {text} ({len(faults)} in all)")


@app.command()
def checkpoint() -> None:
    """Sign a checkpoint of the log as it is now, and print the newest one."""
    from admin_cli.acts import apply, instance
    from gateway.evidence.checkpointing import sign_due_checkpoint
    from mailstore.evidence.checkpoints import latest

    with instance() as opened:
        apply(opened, lambda unit: sign_due_checkpoint(unit, opened))
        newest = opened.store.read(latest)
    if newest is None:
        result({"size": 0}, "السجل فارغ", "the log is empty")
        return
    result({"size": newest.size, "root": newest.root, "note": newest.note}, newest.note, newest.note)


@app.command()
def refusals(limit: Annotated[int, typer.Option(min=1, help="most rows")] = 50) -> None:
    """List the newest refused submissions with their reasons."""
    from admin_cli.acts import read
    from mailstore.evidence.records import refusals as find

    found = [
        {
            "at": one.members["event_time"],
            "actor": one.members.get("actor", {}).get("login", ""),
            "reason": one.members["reason"],
            "why": one.members.get("detail", {}).get("why", ""),
            "evidence_id": one.evidence_id,
            "log_index": one.log_index,
        }
        for one in read(lambda connection: find(connection, limit))
    ]
    columns = (
        ("at", "الوقت", "At"),
        ("actor", "الحساب", "Account"),
        ("reason", "السبب", "Reason"),
        ("why", "التفصيل", "Detail"),
    )
    rows("refusals", found, columns)
