"""The command line: every noun, and the one place where faults become exit codes.

No traceback without `--debug`. What is wrong is said in one line: what, and what to do.
"""

import os
import sys
import traceback
from typing import Any, NoReturn

import typer
from typer.exceptions import TyperException

from admin_cli import agency, client, evidence, init, key, letter, office, officer, policy, queue, report
from admin_cli import doctor as doctor_command
from admin_cli import serve as serve_command
from admin_cli import system as system_noun
from admin_cli import upgrade as upgrade_command
from admin_cli.bench import commands as bench_command
from admin_cli.demo import command as demo
from admin_cli.globals import HELP, Exit, UsageFault, current, leave, set_current, take

_EPILOG = "Options that every command takes:\n\n" + "\n\n".join(f"{name}  {what}" for name, what in HELP)

app = typer.Typer(
    name="murasalat",
    help="مراسلات Murasalat: official letters between agencies, signed, numbered, evidenced.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for name, noun in (
    ("agency", agency),
    ("office", office),
    ("officer", officer),
    ("system", system_noun),
    ("key", key),
    ("policy", policy),
    ("letter", letter),
    ("evidence", evidence),
    ("queue", queue),
    ("report", report),
    ("client", client),
):
    app.add_typer(noun.app, name=name)
app.command("init")(init.init)
app.command("serve")(serve_command.serve)
app.command("demo")(demo.demo)
app.command("doctor")(doctor_command.doctor)
app.command("upgrade")(upgrade_command.upgrade)
app.add_typer(bench_command.app, name="bench")


def run(argv: list[str] | None = None) -> None:
    """Run one command and leave with its exit code. What a command writes is its user's alone, whatever the umask."""
    os.umask(0o077)
    try:
        found, rest = take(sys.argv[1:] if argv is None else argv)
        set_current(found)
        code = app(args=rest, prog_name="murasalat", standalone_mode=False)
        leave(Exit(code) if isinstance(code, int) else Exit.OK)
    except UsageFault as fault:
        leave(Exit.USAGE, f"murasalat: {fault}")
    except KeyboardInterrupt:
        leave(Exit.UNEXPECTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        leave(Exit.OK)
    except Exception as fault:  # noqa: BLE001 - the last place where a fault can become one line
        if isinstance(fault, TyperException) and hasattr(fault, "format_message"):
            _explain(fault)
        if current().debug:
            traceback.print_exc()
        leave(_code(fault), f"murasalat: {_line(fault)}")


def _explain(fault: Any) -> NoReturn:
    """Say in one line what is wrong with the command as it was typed; a noun alone is answered with its help."""
    if type(fault).__name__ == "NoArgsIsHelpError":
        fault.show()
        leave(Exit.USAGE)
    message, command = (
        " ".join(fault.format_message().split()),
        fault.ctx.command_path if fault.ctx else "murasalat",
    )
    if current().lang == "ar":
        leave(Exit.USAGE, f"murasalat: الأمر غير صحيح: {message} المساعدة: {command} --help")
    leave(Exit.USAGE, f"murasalat: {message} Help: {command} --help")


def _code(fault: Exception) -> Exit:
    """Return the exit code of a fault; the classes are looked up by name so that nothing heavy loads for --help."""
    names = {one.__name__ for one in type(fault).__mro__}
    if names & {"NotFound"}:
        return Exit.NOT_FOUND
    if names & {"Conflict", "KeyRefused"}:
        return Exit.REFUSED
    if names & {"ConfigError", "AddressRefused", "UsageFault", "InputFault"}:
        return Exit.USAGE
    if names & {"StoreUnavailable", "Unavailable"}:
        return Exit.TEMPORARY
    if names & {"UnsafeStore", "StoreFault", "EngineUnfit"}:
        return Exit.CHECK_FAILED
    return Exit.UNEXPECTED


def _line(fault: Exception) -> str:
    said = str(fault)
    if current().lang == "ar":
        said = str(getattr(fault, "text_ar", "") or getattr(fault, "ar", "") or fault)
    text = " ".join(said.split())
    if text and _code(fault) is not Exit.UNEXPECTED:
        return text
    if isinstance(fault, OSError) and fault.strerror:
        return f"[IO] {fault.filename or ''}: {fault.strerror}"
    if current().lang == "ar":
        return f"[UNEXPECTED] خطأ غير متوقع؛ أعد الأمر مع ‎--debug وأبلغ عنه ({type(fault).__name__})"
    return f"[UNEXPECTED] an unexpected fault; run it again with --debug and report it ({type(fault).__name__}: {text})"
