# SPDX-License-Identifier: Apache-2.0
"""Playing a device by hand: bulkhead boot install, stage, request, run, confirm, status, map."""
import json
import os
import shutil

import pytest

PRODUCTS = {"stm32f407": ["chip.bin"], "nrf52840": ["chip.bin", "nor.bin"], "nrf51": ["chip.bin"]}


class Device:
    def __init__(self, tool, keys, product):
        self.tool, self.product = tool, product
        self.key = keys["ecdsa-p256"]
        self.flash = [w for name in PRODUCTS[product] for w in ("--flash", name)]
        self.words = [*self.flash, "--key", self.key]
        for version in ("1.0.0", "2.0.0"):
            self.image(version)

    def image(self, version, key=None, name=None):
        name = name or f"{version}.bin"
        (self.tool.folder / "raw.bin").write_bytes(bytes(version, "ascii") * 2000)
        self.tool("image", "sign", "--key", key or self.key, "--version", version, "--header-size",
                  "0x200", "--pad-header", "raw.bin", name)
        return name

    def __call__(self, verb, *words, **kw):
        return self.tool("boot", verb, self.product, *words, *self.words, **kw)

    def facts(self, verb, *words, **kw):
        return json.loads(self(verb, *words, "--json", **kw).stdout)


@pytest.fixture(params=PRODUCTS)
def device(request, tool, keys):
    return Device(tool, keys, request.param)


@pytest.fixture
def f407(tool, keys):
    return Device(tool, keys, "stm32f407")


def start(facts):
    assert facts["action"] == "start"
    return facts["version"].removesuffix("+0"), facts["state"], facts["outcome"]


def test_life(device):
    device("install", "1.0.0.bin")
    assert start(device.facts("run")) == ("1.0.0", "idle", "none")
    device("stage", "2.0.0.bin")
    device("request", "test")
    assert device.facts("status")["request"] == "test"
    assert start(device.facts("run")) == ("2.0.0", "trial", "none")
    device("confirm")
    assert start(device.facts("run")) == ("2.0.0", "idle", "confirmed")
    assert device.facts("run")["operations"] == 0


def test_not_confirmed_is_reverted_with_the_reason(device):
    device("install", "1.0.0.bin")
    device("run")
    device("stage", "2.0.0.bin")
    device("request", "test")
    device("run")
    facts = device.facts("run")
    assert start(facts) == ("1.0.0", "idle", "reverted")
    assert facts["journal_reason"]["code"] == 40
    assert "not confirmed" in device("status").stdout


def test_cuts_end_in_one_of_two_images(device):
    device("install", "1.0.0.bin")
    device("run")
    device("stage", "2.0.0.bin")
    device("request", "permanent")
    for operation in (1, 9, 30, 31, 60):
        for shape in ("before", "after", "torn", "garbage", "erased-but-one"):
            device.facts("run", "--cut", f"{operation}:{shape}")
    assert start(device.facts("run")) == ("2.0.0", "idle", "confirmed")


@pytest.mark.parametrize("spoil, reason", [("bit", "digest"), ("key", "no key of this product"),
                                           ("old", "lower")])
def test_refusals_say_why(device, keys, spoil, reason):
    device("install", "2.0.0.bin")
    device("run")
    image = device.image("3.0.0")
    path = device.tool.folder / image
    if spoil == "bit":
        data = bytearray(path.read_bytes())
        data[700] ^= 1
        path.write_bytes(data)
    elif spoil == "key":
        image = device.image("3.0.0", key=keys["ed25519"])
    else:
        image = "1.0.0.bin"
    device("stage", image)
    device("request", "test")
    facts = device.facts("run")
    assert start(facts) == ("2.0.0", "idle", "refused")
    assert reason in facts["journal_reason"]["text"]


def test_nothing_to_start_is_exit_code_5(f407):
    (f407.tool.folder / "chip.bin").write_bytes(b"\xff" * (1 << 20))
    done = f407("run", code=5)
    assert "recovery" in done.stdout and "no image" in done.stdout


def test_what_is_missing_is_said(device):
    device("install", "1.0.0.bin")
    assert "no image is staged. Put one there first: 'bulkhead boot stage'." in device("request", "test", code=1).stderr
    assert "the device has not booted yet. Boot it first: 'bulkhead boot run'." in device("confirm", code=1).stderr
    device("run")
    device("confirm")


def test_map_shows_every_region_in_order(device):
    device("install", "1.0.0.bin")
    text = device("map").stdout
    for name in ("journal", "primary slot", "secondary slot", "spare", "free"):
        assert name in text
    for chip in json.loads(device("map", "--json").stdout)["devices"]:
        offsets = [p["offset"] for p in chip["places"]]
        assert offsets == sorted(offsets)
        end = max(p["offset"] + p["length"] for p in chip["places"])
        assert end == chip["size"]


def test_a_cut_that_never_came_is_told(f407):
    f407("install", "1.0.0.bin")
    cut = f407("run", "--cut", "1", "--dry-run").stderr
    assert cut == "power would be cut inside operation 1 of 'run'\ndry run: the flash is as it was\n"
    assert f407("run", "--cut", "1:before").stderr == "power cut before operation 1 of 'run'\n"
    operations = f407.facts("run", "--dry-run")["operations"]
    assert operations > 1
    assert f407("run", "--cut", "99999").stderr == (
        f"the power was not cut: 'run' took {operations} operations\n")


def test_install_keeps_what_is_there(f407):
    f407("install", "1.0.0.bin")
    f407.tool.refuses("boot", "install", "stm32f407", "2.0.0.bin", *f407.words,
                      says=["there is a device already", "--force"])
    f407("install", "2.0.0.bin", "--force")
    assert start(f407.facts("run"))[0] == "2.0.0"


def test_install_makes_all_files_or_none(tool, keys):
    device = Device(tool, keys, "nrf52840")
    install = ["boot", "install", "nrf52840", "1.0.0.bin", "--key", device.key]
    tool.refuses(*install, "--flash", "a.bin", "--flash", "nowhere/b.bin", code=1,
                 says="nowhere/b.bin: cannot be created")
    (tool.folder / "small.bin").write_bytes(bytes(100))
    tool.refuses(*install, "--force", "--flash", "a.bin", "--flash", "small.bin",
                 says="small.bin: 100 bytes")
    os.symlink("small.bin", tool.folder / "link.bin")
    for a, b in (("a.bin", "a.bin"), ("small.bin", "link.bin")):
        tool.refuses(*install, "--force", "--flash", a, "--flash", b,
                     says="one flash image file is given for two devices")


def test_install_of_an_image_that_was_cut_short(f407):
    path = f407.tool.folder / "1.0.0.bin"
    for size in (3000, 20):
        path.write_bytes(path.read_bytes()[:size])
        f407.tool.refuses("boot", "install", "stm32f407", "1.0.0.bin", *f407.words, code=5,
                          says="1.0.0.bin: offset" if size > 32 else "no image")


def test_key_with_a_passphrase(f407):
    secret = {"SECRET": "open sesame"}
    tool, words = f407.tool, ["--passphrase", "env:SECRET"]
    tool("key", "new", "-t", "p256", *words, "locked.pem", env=secret)
    tool("image", "sign", "-k", "locked.pem", *words, "-v1", "--pad-header", "raw.bin", "new", env=secret)
    tool.refuses("boot", "install", "stm32f407", "new", *f407.flash, "-k", "locked.pem",
                 says=["locked.pem: key is protected", "--passphrase"])
    for verb in (["install", "stm32f407", "new"], ["run", "stm32f407"], ["status", "stm32f407"]):
        tool("boot", *verb, *f407.flash, "-k", "locked.pem", *words, env=secret)


def test_wrong_words(f407):
    refuses = f407.tool.refuses
    f407("install", "1.0.0.bin")
    f407("run")
    refuses("boot", "run", "stm32f4", *f407.flash, says=["stm32f407", "did you mean"])
    refuses("boot", "run", "nrf52840", *f407.flash, says="--flash twice")
    refuses("boot", "run", "stm32f407", "--flash", "none.bin", says="boot install")
    refuses("boot", "run", "stm32f407", "--flash", "1.0.0.bin", says="1048576")
    refuses("boot", "run", "stm32f407", "--flash", ".", code=1, says="directory")
    for cut in ("0", "x", "", "5:sideways", "99999999999999999999:torn", ":torn"):
        refuses("boot", "run", "stm32f407", *f407.flash, "--cut", cut, says="--cut")
    refuses("boot", "request", "stm32f407", "sometimes", *f407.flash, says="test|permanent")
    refuses("boot", "run", "stm32f407", *f407.flash, "--key", "raw.bin", says="raw.bin")


def test_wrong_images(f407):
    refuses, folder = f407.tool.refuses, f407.tool.folder
    f407("install", "1.0.0.bin")
    f407("run")
    (folder / "empty").write_bytes(b"")
    (folder / "large").write_bytes(b"\0" * 0x20001)
    (folder / "noise").write_bytes(os.urandom(5000))
    refuses("boot", "stage", "stm32f407", "empty", *f407.words, says="empty")
    refuses("boot", "stage", "stm32f407", "absent", *f407.words, says="absent")
    refuses("boot", "stage", "stm32f407", "large", *f407.words, says="131072")
    refuses("boot", "install", "stm32f407", "noise", "--flash", "new.bin", code=5,
            says=["refuse", "--any-image"])
    refuses("boot", "install", "stm32f407", "large", "--flash", "new.bin", says="131072")
    assert not (folder / "new.bin").exists()


def test_secondary_slot_is_kept_during_a_trial(device):
    device("install", "1.0.0.bin")
    device("run")
    device("stage", "2.0.0.bin")
    device("request", "test")
    device("run")
    for words in (("stage", "1.0.0.bin"), ("request", "test")):
        device.tool.refuses("boot", words[0], device.product, *words[1:], *device.words, code=1,
                            says=["not possible now", "boot confirm"])


def test_read_only_flash(f407):
    """Root may write everything, so root has somebody else try it, with a key that all may read."""
    other = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    f407("install", "1.0.0.bin")
    folder = f407.tool.folder
    shutil.copy(f407.key, folder / "key.pem")
    for path, mode in ((folder, 0o755), (folder / "chip.bin", 0o444), (folder / "key.pem", 0o444)):
        os.chmod(path, mode)
    words = ("stm32f407", "--flash", "chip.bin", "--key", "key.pem")
    f407.tool.refuses("boot", "run", *words, code=1, says=["chip.bin", "Permission denied"], **other)
    f407.tool("boot", "status", *words, **other)


def test_an_image_for_another_address_is_refused_wherever_it_lies(f407):
    """ROM_FIXED: 0x08020000 is the primary slot's address, anything else another product's."""
    def fixed(address, version):
        name = f"fixed-{version}.bin"
        (f407.tool.folder / "raw.bin").write_bytes(b"code" * 2000)
        f407.tool("image", "sign", "--key", f407.key, "--version", version, "--header-size", "0x200",
                  "--pad-header", "--rom-fixed", address, "raw.bin", name)
        return name

    f407("install", fixed("0x08020000", "1.0.0"))
    assert start(f407.facts("run"))[0] == "1.0.0"
    f407("stage", fixed("0x08040000", "2.0.0"))
    f407("request", "test")
    facts = f407.facts("run")
    assert start(facts) == ("1.0.0", "idle", "refused")
    assert "another address" in facts["journal_reason"]["text"]
    f407("install", "fixed-2.0.0.bin", "--force")
    assert "another address" in f407.facts("run", code=5)["primary_reason"]["text"]
