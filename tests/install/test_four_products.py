# SPDX-License-Identifier: Apache-2.0
"""A product of one's own from an empty folder, of installed files alone, the whole way: made, checked, drawn,
built, installed, explored; then a life with an update, power cuts and a rollback, in the simulator and on the
emulated board. Four products: the usual STM32F407 layout, an nRF52840 with a second flash chip, a layout with
three slot pairs, and a chip of the table that has no emulated board, which is built and explored, and lives in
the simulator alone.

To repeat one: build/venv/bin/pytest tests/install/test_four_products.py -k NAME"""
import collections
import re

import pytest

from test_new import path, run  # noqa: F401 (a fixture)

THREE = """layout: 1
product: three
devices:
  internal: {chip: stm32l476xg}
partitions:
  bootloader: {size: 32K}
  journal_a: {size: auto}
  journal_b: {size: auto}
  app_1: {size: 300K}
  app_2: {size: 302K}
  radio_1: {size: 100K}
  radio_2: {size: 102K}
  sound_1: {size: 60K}
  sound_2: {size: 62K}
boot:
  slots:
    app:   {primary: app_1, secondary: app_2, spare: first of secondary, header: 0x200}
    radio: {primary: radio_1, secondary: radio_2, spare: first of secondary, header: 0x200, optional: yes}
    sound: {primary: sound_1, secondary: sound_2, spare: first of secondary, header: 0x200, optional: yes}
  format: mcuboot
  journal: [journal_a, journal_b]
  keys: [keys/release.pub.pem]
"""


Product = collections.namedtuple("Product", "chip layout flash emulated", defaults=[None, "--flash chip.bin", True])
PRODUCTS = {
    "lamp": Product("stm32f407xe"),
    "tag": Product("nrf52840 --nor mx25r64", flash="--flash chip.bin --flash nor.bin"),
    "three": Product("stm32l476xg", layout=THREE),
    "plain": Product("stm32g071xb", emulated=False)}


class Way:
    """One product on its way: its folder and the lines a person types there."""

    def __init__(self, name, path, above):  # noqa: F811
        self.product = PRODUCTS[name]
        self.name, self.path, self.folder, self.file = name, path, above / name, f"{name}.layout.yml"
        run(f"bulkhead new {name} --chip {self.product.chip}", above, path)
        if self.product.layout:
            (self.folder / self.file).write_text(self.product.layout)

    def __call__(self, line, code=0):
        return run(line, self.folder, self.path, code=code)

    def boot(self, verb, *words):
        return self(" ".join(["bulkhead boot", verb, self.file, *words, self.product.flash]))

    def board(self, *words, code=0):
        return self(" ".join(["bulkhead board run", self.file, self.product.flash, *words]), code=code)

    def build(self, version="1.0.0"):
        said = self(f"cmake --preset release -D version={version} && cmake --build --preset release")
        assert "warning" not in said.lower(), said  # it is the first that a person sees of this project
        (self.folder / "build/app.signed.bin").rename(self.folder / f"{version}.bin")

    def request(self, version):
        self.boot("stage", f"{version}.bin")
        self.boot("request", "test")


def install_and_look(way):
    """The first lines of the README's section."""
    assert f"{way.file}: ok" in way(f"bulkhead layout check {way.file}")
    assert "bootloader" in way(f"bulkhead layout map {way.file}")
    way(f"bulkhead layout map {way.file} --svg map.svg")
    assert (way.folder / "map.svg").read_text().startswith("<svg")
    way.build()
    way.boot("install", "1.0.0.bin")


def live_in_the_simulator(way):
    """Updated with two power cuts and confirmed; the next version is not confirmed, and reverted under cuts."""
    assert "starts    version 1.0.0" in way.boot("run")
    way.request("1.1.0")
    for cut in ("40:torn", "25:torn"):
        assert "power cut inside operation" in way.boot("run", "--cut", cut)
    assert "starts    version 1.1.0" in way.boot("run")
    way.boot("confirm")
    assert "starts    version 1.1.0" in way.boot("run")
    assert "last update: confirmed" in way.boot("status")
    way.request("1.2.0")
    assert "starts    version 1.2.0" in way.boot("run")
    assert "power cut inside operation" in way.boot("run", "--cut", "9:torn")
    said = way.boot("run")
    assert "starts    version 1.1.0" in said and "last update reverted" in said


def live_on_the_board(way):
    """The same with the binary that will be flashed."""
    assert f"{way.name} 1.0.0" in way.board("--bootloader build/boot.bin")
    way.request("1.1.0")
    for cut in ("50:torn", "20:torn"):
        assert "power cut" in way.board("--cut", cut)
    assert f"{way.name} 1.1.0\nconfirmed" in way.board()
    way.request("1.2.0")
    assert "starts    version 1.2.0" in way.boot("run")
    assert "power cut" in way.board("--cut 9:torn")
    said = way.board()
    assert f"{way.name} 1.1.0" in said and "last update reverted" in said


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_whole_way(path, tmp_path, name):  # noqa: F811
    way = Way(name, path, tmp_path)
    install_and_look(way)
    for scenario in ("confirm", "revert"):
        said = way(f"bulkhead sim explore {way.file} --scenario {scenario} --seconds 5")
        assert "BROKEN" not in said and re.search(rf"^{name} +{scenario} ", said, re.M), said
    way.build("1.1.0")
    way.build("1.2.0")
    live_in_the_simulator(way)
    if not way.product.emulated:
        assert "no emulated board has the chip" in way.board("--bootloader build/boot.bin", code=2)
        return
    way.boot("install", "--force", "1.0.0.bin")
    live_on_the_board(way)
    said = way(f"bulkhead board prove {way.file} --bootloader build/boot.bin --app 1.0.0.bin --app 1.1.0.bin "
               "--cuts 1 --seconds 10")
    assert re.search(r"^(proven: \w+ on |stopped by its bound of 10 seconds; what was cut until then is good)", said,
                     re.M), said


def test_the_usual_layout_is_the_samples(path, tmp_path):  # noqa: F811
    """What `new` writes for an STM32F407 is the sample layout in all that the bootloader is about."""
    way = Way("lamp", path, tmp_path)
    said = way(f"bulkhead layout diff {way.file} stm32f407")
    assert {line.split()[0] for line in said.splitlines() if " ! " in line} <= {"settings", "-"}
    assert not re.search(r"\b(bootloader|journal_[ab]|primary|secondary|scratch)\b", said), said
