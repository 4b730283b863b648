"""Text that would act, break out or mislead if a renderer took it for anything but text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from maillogdiag.reports.model import Coverage, Evidence, Finding, Report, Summary
from maillogdiag.rulebase.rules import Fix, Setting
from tests.reports.samples import full_report

HOSTILE = (
    "<script>window.hacked = true</script>",
    "</script><script>window.hacked = true</script>",
    "<img src=x onerror='window.hacked = true'>",
    "<svg onload='window.hacked = true'><a href='javascript:window.hacked = true'>x</a></svg>",
    "</style><style>body { background: url(https://evil.test/x.png) }</style>",
    "javascript:window.hacked=true https://evil.test/?<b>",
    "{{ 7 * 7 }} {% raw %} ${7*7} #{7*7}",
    "[bold red]x[/bold red] [/etc/ssl] [link=https://evil.test]x[/link]",
    "\x1b[31mred\x1b]8;;https://evil.test\x07click\x1b]8;;\x07\x1b]0;title\x07\x9b2J\x08\x7f",
    "abc\u202egpj.exe\u2066\u200b\u00ad\ufeff",
    "``` \n````\n```\n<details><summary>x</summary>",
    "]]> --> <!-- <![CDATA[ &lt;b&gt; &#60;script&#62;",
    "| a | b |\n|--|--|\n# head\n- [ ] @everyone #1 !1",
    '=cmd|" /C calc"!A0',
    "\ud800 lone surrogate \x00 nul \u2028 line \u2029 paragraph",
    "раураl.com аррle",
    "\r\nX-Injected: yes\r\n",
    "a" * 3_000,
)

texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))


def report_full_of(text: str) -> Report:
    """A report that holds `text` wherever a text can stand."""
    return _filled(full_report(), text)


def _filled(value: Any, text: str) -> Any:
    match value:
        case Report():
            return replace(
                value,
                verdict=text,
                findings=tuple(_filled(one, text) for one in value.findings),
                coverage=tuple(_filled(one, text) for one in value.coverage),
                limits=(text,),
                legend=(text,),
                problems=(text,),
                version=text,
                rules_digest=text,
            )
        case Finding():
            fixes = tuple(_filled(one, text) for one in value.fixes)
            evidence = tuple(_filled(one, text) for one in value.evidence)
            return replace(
                value,
                rule=text,
                title=text,
                apps=(text,),
                enhanced=text,
                explanation=text,
                fixes=fixes,
                evidence=evidence,
            )
        case Fix():
            return Fix(text, (text,), (Setting(text, text, text, text),), (text,), text, text)
        case Evidence():
            return replace(value, source=text, text=text, marks=((0, 3), (2, 10**6), (5, 1)))
        case Coverage():
            return replace(value, source=text, format=text, samples=(text,), problems=(text,))
    raise TypeError(type(value))


def enormous_report() -> Report:
    """More of everything than a report should hold."""
    base = report_full_of("word " * 4_000)
    findings = tuple(
        replace(one, rule=f"rule-{n}", evidence=one.evidence * 20) for n in range(300) for one in base.findings
    )
    timeline = tuple(replace(base.timeline[0], accepted=n) for n in range(2_000))
    return replace(
        base, findings=findings, timeline=timeline, coverage=base.coverage * 500, limits=base.limits * 200,
        summary=Summary(10**9, 10**8, 10**8, 0),
    )  # fmt: skip
