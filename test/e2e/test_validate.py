"""`tandemctl validate` in each of its formats: the same findings at the same places, and exit codes that a CI can rely on."""

import json
import os
import re
import subprocess

import pytest
from tandem import minimal, program, tandemctl

# One error and one warning; the error stands behind a character of two bytes, for columns count characters.
BAD = """kind: Estate
name: test
compartment: ocid1.compartment.oc1..aaaaexample
---
kind: Region
name: primary
region: us-sanjose-1
vcns:
- {name: größe, cidrBlocks: [10.0.0.0/16], dnsLable: v, subnets: [{name: s, cidrBlock: 10.0.1.0/24}]}
- name: w
  cidrBlocks: [10.1.0.0/16]
  subnets: [{name: t, cidrBlock: 10.1.1.0/24, dnsLabel: t}]
"""
ERROR = {"file": "specs/a b.yaml", "line": 9, "column": 44, "endColumn": 52, "severity": "error",
         "message": "unknown key 'dnsLable' in Vcn", "hint": "did you mean 'dnsLabel'?"}
WARNING = {"file": "specs/a b.yaml", "line": 12, "column": 57, "endColumn": 58, "severity": "warning",
           "message": "a subnet's dnsLabel needs a VCN that has one, and this Vcn declares none", "hint": None}


@pytest.fixture()
def checkout(tmp_path):
    """A repository of specs; → runs validate in it."""
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "a b.yaml").write_text(BAD)

    def validate(*options, path="specs"):
        return subprocess.run([str(program("daemon/tandemctl").absolute()), "validate", path, *options], cwd=tmp_path,
                              capture_output=True, text=True, timeout=60)

    return validate


def test_text(checkout):
    told = checkout()
    assert told.returncode == 1 and told.stdout == checkout("--format", "text").stdout
    assert "specs/a b.yaml:9:44: error: unknown key 'dnsLable' in Vcn" in told.stdout
    assert told.stdout.endswith("1 error, 1 warning in 1 file\n")


def test_json(checkout):
    told = checkout("--json")
    assert told.returncode == 1 and told.stdout == checkout("--format", "json").stdout == checkout("--json", "--format", "json").stdout
    assert json.loads(told.stdout) == {"schema": 1, "files": ["specs/a b.yaml"], "errors": 1, "warnings": 1, "diagnostics": [ERROR, WARNING]}


def test_github(checkout):
    told = checkout("--format", "github")
    assert told.returncode == 1
    assert told.stdout.splitlines() == [
        "::error file=specs/a b.yaml,line=9,col=44,endColumn=52::unknown key 'dnsLable' in Vcn (did you mean 'dnsLabel'?)",
        "::warning file=specs/a b.yaml,line=12,col=57,endColumn=58::a subnet's dnsLabel needs a VCN that has one, and this Vcn declares none",
    ]


def check_sarif(log):
    """What a scanner's upload asks of SARIF 2.1.0."""
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json") and len(log["runs"]) == 1
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "tandemctl" and run["columnKind"] == "unicodeCodePoints"
    assert re.fullmatch(r"\d+\.\d+\.\d+", run["tool"]["driver"]["semanticVersion"])
    assert [i["executionSuccessful"] for i in run["invocations"]] == [True]
    assert len({r["id"] for r in rules}) == len(rules)
    for rule in rules:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule["id"]) and rule["shortDescription"]["text"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == rules[result["ruleIndex"]]["defaultConfiguration"]["level"] in ("error", "warning")
        assert result["message"]["text"]
        for location in result["locations"]:
            place = location["physicalLocation"]
            assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", place["artifactLocation"]["uri"])
            assert place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
            region = place["region"]
            assert region["startLine"] >= 1 and 1 <= region["startColumn"] < region["endColumn"]
    return run["results"]


def test_sarif(checkout):
    told = checkout("--format", "sarif")
    assert told.returncode == 1
    error, warning = check_sarif(json.loads(told.stdout))
    place = error["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "specs/a%20b.yaml"
    assert place["region"] == {"startLine": 9, "startColumn": 44, "endColumn": 52}
    assert error["message"]["text"] == "unknown key 'dnsLable' in Vcn (did you mean 'dnsLabel'?)"
    assert (error["level"], warning["level"]) == ("error", "warning")


def test_sarif_of_an_absolute_path(checkout, tmp_path):
    log = json.loads(checkout("--format", "sarif", path=str(tmp_path / "specs")).stdout)
    file = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert file == {"uri": f"file://{tmp_path}/specs/a%20b.yaml"}


@pytest.mark.parametrize("format", ["text", "json", "sarif", "github"])
def test_exit_codes(checkout, tmp_path, format):
    """0 with nothing wrong, 1 with an error or nothing to read."""
    good = minimal().write(tmp_path, "good")
    assert tandemctl("validate", "--format", format, good).returncode == 0
    assert tandemctl("validate", "--format", format, os.devnull).returncode == 1
    nothing = checkout("--format", format, path="nowhere")
    assert nothing.returncode == 1 and nothing.stderr == "tandemctl: nowhere: no such file or directory\n" and not nothing.stdout


def test_nothing_found(tmp_path):
    """A scanner is told so by a run without results."""
    good = minimal().write(tmp_path, "good")
    assert check_sarif(json.loads(tandemctl("validate", "--format", "sarif", good).stdout)) == []
    assert json.loads(tandemctl("validate", "--json", good).stdout)["diagnostics"] == []
    assert tandemctl("validate", "--format", "github", good).stdout == ""


@pytest.mark.parametrize("options, words", [
    (["--format", "xml"], "--format takes text, json, sarif or github, not 'xml'"),
    (["--json", "--format", "sarif"], "--json is --format json, not sarif"),
    (["--format"], "requires an argument"),
])
def test_bad_format(checkout, options, words):
    told = checkout(*options)
    assert told.returncode == 64 and words in told.stderr and not told.stdout


def test_format_is_for_validate():
    assert tandemctl("status", "--format", "json").returncode == 64
    assert tandemctl("schema", "extra").returncode == 64
