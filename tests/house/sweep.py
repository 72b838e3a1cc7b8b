"""Finds every regular expression of the four packages and pumps it; run as a program, by tests/house/test_patterns.py.

What is compiled while the packages are imported is overheard; what a function compiles when it is called is found in
the source, evaluated among its module's globals, or made by the example in `BUILT`. Nothing is left out: a place in the
source that is none of these is an error. A pattern is tried by the methods that the source calls on it; one that is
only handed on, by those that its module calls on anything; and by all where there is none.

`sweep.py K N` prints one JSON line for every pattern of the K-th of N parts.
"""

import ast
import importlib
import json
import pkgutil
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType

from pumping import EVERY_METHOD, Pattern, grow, method_of

ROOT = Path(__file__).parents[2]
PACKAGES = ("policies", "mailstore", "gateway", "admin_cli")
_COMPILING = {
    "compile",
    "match",
    "search",
    "fullmatch",
    "finditer",
    "findall",
    "sub",
    "subn",
    "split",
    "template",
}
_METHODS = _COMPILING - {"compile", "template"}

BUILT: dict[str, Callable[[], Pattern]] = {
    "gateway.imap.fetch.items._fields_pattern": lambda: _made(
        "gateway.imap.fetch.items", "_fields_pattern", ("to", "x-a")
    ),
    "gateway.mime.fieldtext.pattern": lambda: _made("gateway.mime.fieldtext", "pattern", "subject"),
}
"""What functions compile out of their arguments: an example by module and function."""


@dataclass
class Expression:
    """One regular expression: where it stands, and the methods by which it is used."""

    pattern: Pattern
    where: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)


def _made(module: str, function: str, *arguments: object) -> Pattern:
    return getattr(importlib.import_module(module), function)(*arguments)  # type: ignore[no-any-return]


def discover() -> list[Expression]:
    """Return every regular expression of the packages. Raises LookupError for a place that cannot be seen through."""
    heard, modules = _overheard()
    known: dict[tuple[object, int], Expression] = {}
    handed_on: dict[str, set[str]] = {}

    def at(pattern: Pattern, where: str) -> Expression:
        one = known.setdefault((pattern.pattern, pattern.flags), Expression(pattern))
        one.where.add(where)
        return one

    for (path, line), patterns in heard.items():
        for pattern in patterns:
            at(pattern, f"{path}:{line}")
    for module in modules:
        path = Path(str(module.__file__)).relative_to(ROOT).as_posix()
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        for call, function in _calls(tree):
            name = call.func.attr  # type: ignore[attr-defined]
            if function is None and not any(
                (path, line) in heard for line in range(call.lineno, call.end_lineno + 1)
            ):  # type: ignore[operator]
                raise LookupError(f"{path}:{call.lineno}: compiled while nobody listened")
            for pattern in _patterns_of(module, call, function):
                one = at(pattern, f"{path}:{call.lineno}")
                if name != "compile":
                    one.methods.add(method_of(name))
        for pattern, method in _uses(module, tree):
            at(pattern, path).methods.add(method_of(method))
        handed_on[path] = {method_of(one.attr) for one in ast.walk(tree) if _is_of_something(one)}  # type: ignore[attr-defined]
    for one in known.values():
        if not one.methods:
            one.methods.update(*(handed_on.get(where.partition(":")[0], ()) for where in one.where))
    return sorted(known.values(), key=lambda one: min(one.where))


def _overheard() -> tuple[dict[tuple[str, int], list[Pattern]], list[ModuleType]]:
    """Import all modules; return what they compile meanwhile, by file and line, and the modules."""
    heard: defaultdict[tuple[str, int], list[Pattern]] = defaultdict(list)
    compiled = re._compile  # type: ignore[attr-defined]

    def listening(pattern: object, flags: int) -> Pattern:
        made: Pattern = compiled(pattern, flags)
        frame = sys._getframe(2)
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in PACKAGES:
            heard[path.relative_to(ROOT).as_posix(), frame.f_lineno].append(made)
        return made

    re._compile = listening  # type: ignore[attr-defined]
    try:
        modules = [importlib.import_module(name) for name in _names()]
    finally:
        re._compile = compiled  # type: ignore[attr-defined]
    return heard, modules


def _names() -> Iterator[str]:
    for package in PACKAGES:
        yield package
        found = importlib.import_module(package)
        for one in pkgutil.walk_packages(found.__path__, f"{package}."):
            if not one.name.endswith("__main__") and ".migrations." not in one.name:
                yield one.name


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str | None]]:
    """Yield every call of `re`, and the function that it stands in."""

    def inside(node: ast.AST, function: str | None) -> Iterator[tuple[ast.Call, str | None]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ImportFrom) and child.module == "re":
                raise LookupError("regular expressions are made by `re.` and its functions")
            if isinstance(child, ast.Call) and _is_of_re(child.func):
                yield child, function
            named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from inside(child, child.name if named else function)  # type: ignore[attr-defined]

    yield from inside(tree, None)


def _is_of_re(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "re"
        and function.attr in _COMPILING
    )


def _patterns_of(module: ModuleType, call: ast.Call, function: str | None) -> list[Pattern]:
    """Return what a call in a function compiles; what is compiled outside of one has been overheard."""
    if function is None:
        return []
    built = BUILT.get(f"{module.__name__}.{function}")
    if built is not None:
        return [built()]
    flags = next((one.value for one in call.keywords if one.arg == "flags"), None)
    if call.func.attr == "compile" and len(call.args) > 1:  # type: ignore[attr-defined]
        flags = call.args[1]
    try:
        source, bits = (
            eval(compile(ast.Expression(one), module.__name__, "eval"), vars(module)) if one else 0
            for one in (call.args[0], flags)
        )
    except NameError as fault:
        raise LookupError(f"{module.__name__}:{call.lineno}: add an example to BUILT ({fault})") from None
    return [re.compile(source, bits)]


def _uses(module: ModuleType, tree: ast.Module) -> Iterator[tuple[Pattern, str]]:
    """Yield the patterns among a module's globals with the methods that it names, called or handed on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _METHODS:
            pattern = vars(module).get(node.value.id)
            if isinstance(pattern, re.Pattern):
                yield pattern, node.attr


def _is_of_something(node: ast.AST) -> bool:
    """Whether a node is a method, of a pattern it may be, of what is no module's global."""
    if not isinstance(node, ast.Attribute) or node.attr not in _METHODS - {"split"}:
        return False
    return isinstance(node.value, ast.Name) and node.value.id != "re" and not node.value.id.isupper()


def main() -> None:
    """Pump one part of the patterns."""
    part, parts = map(int, sys.argv[1:])
    for one in discover()[part::parts]:
        found = grow(one.pattern, sorted(one.methods) or EVERY_METHOD)
        line = asdict(found) | {
            "linear": found.linear,
            "where": sorted(one.where),
            "pattern": repr(one.pattern.pattern),
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main()
