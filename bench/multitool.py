"""Asks Microsoft's SARIF multitool, with its rules for GitHub, about a report of ours.

    .venv/bin/pytest -q bench/multitool.py

It comes by npm, with a network the first time; without them it is skipped. The suite has the official schema.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "reporters"))
from test_sarif import whole_line

MULTITOOL = "@microsoft/sarif-multitool@5.7.0"
SWITCHED = {
    "SARIF2006.UrisShouldBeReachable": "Disabled",  # asks the network
    "SARIF2002.ProvideMessageArguments": "Disabled",  # wants ids without text, which GitHub refuses
    "GH1001.ProvideRequiredLocationProperties": "Error",
    "GH1002.InlineThreadFlowLocations": "Error",
    "GH1003.ProvideRequiredRegionProperties": "Error",
    "GH1005.LocationsMustBeRelativeUrisOrFilePaths": "Error",
    "GH1006.ProvideCheckoutPath": "Error",
    "GH1007.ProvideFullyFormattedMessageStrings": "Error",
    "SARIF2001.TerminateMessagesWithPeriod": "Warning",
    "SARIF2007.ExpressPathsRelativeToRepoRoot": "Warning",
}


@pytest.fixture(scope="module")
def multitool() -> Path:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, which brings the SARIF multitool")
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "iamlint-test", "sarif-multitool-5.7.0")
    binary = home / "node_modules" / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
    if not binary.exists():
        home.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(home), "--no-save", "--no-audit", "--no-fund", MULTITOOL]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
        if done.returncode or not binary.exists():
            pytest.skip(f"npm could not install {MULTITOOL}: {done.stderr.strip()[-200:]}")
    return binary


def complaints(multitool: Path, text: str, directory: Path) -> list[tuple[str, str]]:
    """What the multitool's Sarif and Ghas rules say at the levels error and warning."""
    source, report, config = (directory / name for name in ("out.sarif", "report.sarif", "config.json"))
    source.write_text(text, encoding="utf-8")
    config.write_text(json.dumps({f"{name}.Options": {"RuleEnabled": level} for name, level in SWITCHED.items()}))
    command = [str(multitool), "validate", str(source), "--rule-kind", "Sarif;Ghas", "--config", str(config)]
    command += ["--level", "Error;Warning;Note", "--output", str(report), "--log", "ForceOverwrite;PrettyPrint"]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    found = []
    for run in json.loads(report.read_text(encoding="utf-8-sig"))["runs"]:
        rules = run["tool"]["driver"].get("rules", [])
        for result in run.get("results", []):
            rule = rules[result["ruleIndex"]] if result.get("ruleIndex", -1) >= 0 else {}
            level = result.get("level") or rule.get("defaultConfiguration", {}).get("level", "warning")
            if level in ("error", "warning"):
                found.append((result.get("ruleId") or rule.get("id", ""), json.dumps(result["message"])))
    return found


def test_the_multitool_finds_nothing(multitool: Path, tmp_path: Path) -> None:
    assert complaints(multitool, whole_line(), tmp_path) == []


def test_the_multitool_would_find_something(multitool: Path, tmp_path: Path) -> None:
    broken = json.loads(whole_line())
    del broken["runs"][0]["tool"]["driver"]["rules"]
    assert complaints(multitool, json.dumps(broken), tmp_path) != []
