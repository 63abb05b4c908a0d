"""README, `.env.example`, `/help` and the code agree: documents that lie fail the build."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path

import pytest
import typer
from pydantic_core import PydanticUndefined

from bot.cli import app
from bot.commands import ADMIN_COMMANDS, COMMANDS
from bot.i18n import LANGUAGES, language
from bot.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")


def table(first_heading: str) -> dict[str, list[str]]:
    """The rows of the README's table with this first heading, by their first cell."""
    lines = README.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {first_heading} |"))
    rows = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows[name.strip("`")] = cells
    return rows


def default_of(name: str) -> str:
    """A setting's default as it would be written in .env."""
    value = Settings.model_fields[name].default
    if value in (None, (), PydanticUndefined):
        return ""
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


def test_readme_lists_every_command_in_the_order_of_help() -> None:
    assert list(table("Command")) == [f"/{name}" for name in (*COMMANDS, *ADMIN_COMMANDS)]


@pytest.mark.parametrize("code", LANGUAGES)
def test_help_lists_every_command_of_the_readme(code: str) -> None:
    for name in table("Command"):
        assert language(code).has(f"command.{name.removeprefix('/')}")


def test_readme_lists_every_subcommand() -> None:
    group = typer.main.get_command(app)
    commands = group.commands  # type: ignore[attr-defined]
    assert list(table("Subcommand")) == [f"svodka {name}" for name in commands]
    for command in commands.values():
        assert len(command.help) > 20


def test_readme_lists_every_setting_with_its_default_and_description() -> None:
    rows = table("Setting")
    assert list(rows) == [PREFIX + name.upper() for name in Settings.model_fields]
    for name, field in Settings.model_fields.items():
        default, description = rows[PREFIX + name.upper()]
        assert default.strip("`") == (default_of(name) or "–"), name
        assert description == field.description, name


def test_env_example_has_every_setting_with_its_default() -> None:
    found = dict(re.findall(r"^#?(SVODKA_\w+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert found == {PREFIX + name.upper(): default_of(name) for name in Settings.model_fields}


def test_env_example_is_a_valid_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    whole = tmp_path / "whole.env"
    whole.write_text(re.sub(r"^#(SVODKA_)", r"\1", EXAMPLE, flags=re.MULTILINE), "utf-8")
    assert Settings(_env_file=ROOT / ".env.example") == Settings(_env_file=None)
    assert Settings(_env_file=whole) == Settings(_env_file=None)


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)`", README)) | set(
        re.findall(r"^    make ([a-z]+)", README, re.MULTILINE)
    )
    assert named
    assert named <= targets


def test_files_that_the_readme_links_to_exist() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_commands_named_in_the_readme_exist() -> None:
    for name in re.findall(r"`/([a-z_]+)", README):
        assert name in {*COMMANDS, *ADMIN_COMMANDS}, name
