"""The examples in docs/ work as they are: a grammar from another package, and a folder of rules."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
LOG = """\
postcard[INFO] mail 41 to ana@example.org handed over
postcard[ERROR] mail 42 to ben@example.org failed: 535 5.7.8 login refused: postcard card expired
"""


@pytest.fixture(scope="module")
def plugin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugin")
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*install, "--target", str(folder), str(EXAMPLES / "grammar")], check=True)
    return folder


def run(folder: Path, *arguments: str, **environment: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "maillogdiag", "scan", "--format", "json", *arguments, "-"],
        input=LOG.encode(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        check=False,
    )
    assert done.returncode == 1, done.stderr.decode()
    report: dict[str, object] = json.loads(done.stdout)
    return report


def test_a_grammar_of_another_package_is_used(plugin_folder: Path) -> None:
    report = run(plugin_folder)

    assert {"attempts": 2, "accepted": 1, "failed": 1, "unknown_outcome": 0} == report["summary"]


def test_a_rule_folder_of_the_user_is_used(plugin_folder: Path) -> None:
    report = run(plugin_folder, "--rules", str(EXAMPLES / "rules"))

    assert ["auth-failed.postcard-card-expired"] == [finding["rule"] for finding in report["findings"]]  # type: ignore[index]


def test_the_config_folder_is_read_without_being_named(plugin_folder: Path, tmp_path: Path) -> None:
    rules = tmp_path / "maillogdiag" / "rules"
    rules.mkdir(parents=True)
    (rules / "postcard.yaml").write_bytes((EXAMPLES / "rules" / "postcard.yaml").read_bytes())

    report = run(plugin_folder, XDG_CONFIG_HOME=str(tmp_path))

    assert ["auth-failed.postcard-card-expired"] == [finding["rule"] for finding in report["findings"]]  # type: ignore[index]


@pytest.mark.parametrize(
    "fault",
    [
        "import no_such_module",
        "GRAMMAR.anchors = None",
        "GRAMMAR.anchors = ('',)",
        r"GRAMMAR.anchors = ('mail\n',)",
        "GRAMMAR.read = None",
        "GRAMMAR.routines = (rb'mail (',)",
        "GRAMMAR.routines = (rb'(?i)mail',)",
        "GRAMMAR.routines = (rb'mail (?P<number>.)',)",
    ],
)
def test_a_broken_plug_in_is_named(plugin_folder: Path, tmp_path: Path, fault: str) -> None:
    shutil.copytree(plugin_folder, tmp_path, dirs_exist_ok=True)
    with (tmp_path / "maillogdiag_postcard.py").open("a") as module:
        module.write(fault)

    done = subprocess.run(
        [sys.executable, "-m", "maillogdiag", "scan", "-"],
        input=LOG.encode(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
    )

    assert done.returncode == 2
    assert b"the plug-in 'postcard' of maillogdiag-postcard cannot be used: " in done.stderr
    assert b"Traceback" not in done.stderr
