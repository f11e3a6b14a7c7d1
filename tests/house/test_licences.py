# SPDX-License-Identifier: Apache-2.0
"""Whose work is in a build: NOTICE for people, deps/sbom.cdx.json for programs, both as deps/lock."""
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTICE = (ROOT / "NOTICE").read_text()
LOCK = [line.split("#")[0].split() for line in (ROOT / "deps/lock").read_text().splitlines()]
LOCK = [words for words in LOCK if words]
BILL = json.loads((ROOT / "deps/sbom.cdx.json").read_text())


def test_the_bill_is_what_would_be_written_now():
    done = subprocess.run([ROOT / "deps/sbom", "--check"], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_the_check_finds_an_old_bill(tmp_path):
    for name in ("deps/sbom", "deps/lock", "deps/sbom.cdx.json", "include/bulkhead/version.h"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    lock = tmp_path / "deps/lock"
    lock.write_text(lock.read_text().replace(LOCK[0][4], LOCK[0][4][::-1]))
    done = subprocess.run(["python3", tmp_path / "deps/sbom", "--check"], text=True,
                          capture_output=True)
    assert done.returncode == 1 and "run 'deps/sbom'" in done.stderr


def test_the_bill_has_every_pin_and_licence():
    hashes = re.findall(r'"content": "([0-9a-f]{64})"', (ROOT / "deps/sbom.cdx.json").read_text())
    assert sorted(hashes) == sorted(words[4] for words in LOCK)
    named = {part["name"]: part["licenses"][0]["license"]["id"] for part in BILL["components"]}
    assert {words[0]: words[2] for words in LOCK}.items() <= named.items()


def test_the_bill_holds_together():
    """What CycloneDX asks for: its name and version, references that are there and are unique."""
    assert (BILL["bomFormat"], BILL["specVersion"]) == ("CycloneDX", "1.6")
    refs = re.findall(r'"bom-ref": "(.*?)"', (ROOT / "deps/sbom.cdx.json").read_text())
    assert len(refs) == len(set(refs))
    used = {entry["ref"] for entry in BILL["dependencies"]}
    used |= {ref for entry in BILL["dependencies"] for ref in entry.get("dependsOn", [])}
    assert used <= set(refs)
    assert all(part.get("version") for part in BILL["components"] if "purl" in part)


def test_every_library_in_the_build_is_in_the_bill():
    """Debian's -dev packages of the tool and of the emulator, by the names of their sources."""
    packages = re.findall(r"^lib(\w+)-dev +(?:tool|emulator)", (ROOT / "deps/packages.txt").read_text(),
                          re.MULTILINE)
    source = {"ssl": "openssl", "yaml": "libyaml", "fdt": "libfdt", "c6": None, "zstd": None}  # zstd: OpenSSL's
    named = {part["name"] for part in BILL["components"]}
    assert len(packages) >= 4
    assert {source.get(name, name) for name in packages} - {None} <= named


def test_notice_names_all_and_has_their_licences():
    for part in BILL["components"]:
        licence = part["licenses"][0]["license"]["id"]
        version = re.escape(part["version"]) if "version" in part else r"[\d.]*"
        assert re.search(rf"^    {part['name']} +{version} *{re.escape(licence)}\b", NOTICE,
                         re.MULTILINE | re.IGNORECASE), part["name"]
    assert "Permission is hereby granted" in NOTICE and "Redistributions in binary form" in NOTICE
