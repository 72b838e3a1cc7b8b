"""Write settings out as a file: every one with its description and value."""

from gateway.config.tree import Config, Section


def sample(config: Config, *, comments: bool = True) -> str:
    """Return the text of a settings file that says exactly `config`, each setting with its description."""
    lines = [
        "# Murasalat settings. Every setting is here with its default or present value; unknown ones are refused."
    ]
    for section, field in Config.model_fields.items():
        model = field.annotation
        if not isinstance(model, type) or not issubclass(model, Section):
            continue
        lines += ["", f"[{section}]" + (f"  # {model.__doc__}" if comments else "")]
        values = getattr(config, section)
        for name, inner in model.model_fields.items():
            if comments:
                lines.append(f"# {inner.description}")
            lines.append(f"{name} = {_toml(getattr(values, name))}")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
