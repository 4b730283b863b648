from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from maillogdiag.reports.render import Format, render
from maillogdiag.reports.terminal import render_terminal
from tests.reports.samples import full_report, quiet_report

ANSI = re.compile(r"\x1b\[[\d;]*m")


def on_a_terminal(width: int = 80) -> str:
    file = io.StringIO()
    render_terminal(full_report(), Console(file=file, width=width, force_terminal=True, color_system="standard"))
    return file.getvalue()


@pytest.mark.parametrize("width", [24, 32, 40, 60, 80, 120, 200])
def test_only_what_is_to_be_copied_is_wider_than_the_terminal(width: int) -> None:
    wide = [line for line in render(full_report(), Format.TERMINAL, width=width).splitlines() if len(line) > width]

    assert all("SMTP_" in line for line in wide)


def test_setting_is_one_line_however_narrow() -> None:
    assert "SMTP_PASSWORD=<the app password>" in render(full_report(), Format.TERMINAL, width=20)


def test_pipe_gets_neither_colour_nor_blanks_at_line_ends() -> None:
    shown = render(full_report(), Format.TERMINAL, width=80)

    assert "\x1b" not in shown
    assert not [line for line in shown.splitlines() if line != line.rstrip()]


def test_colour_can_be_wished_for_but_links_need_a_terminal() -> None:
    coloured = render(full_report(), Format.TERMINAL, width=80, color=True)

    assert ANSI.search(coloured)
    assert "\x1b]8;" not in coloured
    assert "\x1b]8;" in on_a_terminal()


def test_colour_changes_no_word() -> None:
    coloured = render(full_report(), Format.TERMINAL, width=80, color=True)

    assert render(full_report(), Format.TERMINAL, width=80) == ANSI.sub("", coloured)


def test_link_is_only_made_from_what_rules_say() -> None:
    targets = set(re.findall(r"\x1b\]8;[^;]*;([^\x1b]+)\x1b", on_a_terminal()))

    assert {"https://myaccount.google.com/apppasswords"} == targets


def test_decisive_words_are_marked() -> None:
    assert re.search(r"\x1b\[1;31m535-5\.7\.8", on_a_terminal())


def test_timeline_keeps_every_attempt_when_columns_are_few() -> None:
    narrow = render(full_report(), Format.TERMINAL, width=24)

    assert " 50\n" in narrow
    assert " 72\n" in narrow


def test_report_that_saw_nothing_is_short() -> None:
    assert len(render(quiet_report(), Format.TERMINAL, width=80).splitlines()) < 5


def test_hidden_sections_leave_no_heading() -> None:
    shown = render(replace(full_report(), timeline=(), coverage=(), limits=()), Format.TERMINAL, width=80)

    assert not re.search("Timeline|What was examined|What could not be seen", shown)
