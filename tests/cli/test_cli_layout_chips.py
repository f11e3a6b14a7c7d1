# SPDX-License-Identifier: Apache-2.0
"""bulkhead layout chips: the table, one chip, a JEDEC id, a name that is not there."""
import json

from conftest import ROOT


def test_all_are_listed(tool):
    out = tool("layout", "chips").stdout.splitlines()
    rows = json.loads(tool("layout", "chips", "--json").stdout)["chips"]
    assert len(rows) == len(out) - 2
    assert [x["name"] for x in rows] == [x.split()[0] for x in out[1:-1]]
    assert out[-1].startswith(f"{sum(not x['jedec'] for x in rows)} microcontrollers, "
                              f"{sum(bool(x['jedec']) for x in rows)} serial NOR parts")


def test_one_is_shown_with_the_commands_that_flash_it(tool):
    out = tool("layout", "chips", "STM32F407VET6").stdout
    for text in ("stm32f407xe", "4x16K, 64K, 3x128K", "0x08000000", "a multiple of 512", "source ",
                 "-f target/stm32f4x.cfg", "--chip STM32F407VE ", "bulkhead board run stm32f407"):
        assert text in out, text
    assert "cannot" not in out


def test_what_the_core_cannot_serve_is_said(tool):
    for name, why in (("ch32v203x8", "0xE339E339"), ("esp32", "Espressif's format"), ("ch32v003", "16 registers")):
        assert why in tool("layout", "chips", name).stdout
        assert why in json.loads(tool("layout", "chips", "--json", name).stdout)["chips"][0]["cannot"]


def test_serial_nor_by_its_id(tool):
    for name in ("ef4018", "0xEF4018", "w25q128jv"):
        assert tool("layout", "chips", name).stdout.startswith("w25q128, also ")


def test_json_has_types(tool):
    [chip] = json.loads(tool("layout", "chips", "--json", "rp2350").stdout)["chips"]
    assert chip["sizable"] is True and chip["mapped"] == 0x10000000 and chip["port"] is None
    assert chip["pages"] == [{"count": 1024, "size": 4096}]
    [chip] = json.loads(tool("layout", "chips", "--json", "w25q64").stdout)["chips"]
    assert chip["core"] is None and chip["mapped"] is None and chip["jedec"] == "ef4017"


def test_a_slip_is_answered_with_the_nearest(tool):
    tool.refuses("layout", "chips", "nrf52480", says=['"nrf52480"', 'Did you mean "nrf52840"?'])
    tool.refuses("layout", "chips", "z80", says=["no chip", "docs/chips.md"])
    tool.refuses("layout", "chips", "", says="no chip")


def test_the_example_in_the_documents_is_what_it_prints(tool):
    page = (ROOT / "docs/chips.md").read_text()
    shown = page[page.index("$ bulkhead layout chips nrf52840\n"):].split("\n\n")[0].splitlines()[1:-1]
    assert [x.strip() for x in shown] == [x.strip() for x in tool("layout", "chips", "nrf52840").stdout.splitlines()][:len(shown)]
    chips, nor = (int(x.split()[0]) for x in tool("layout", "chips").stdout.splitlines()[-1].split(";")[0].split(", "))
    assert f"{chips} microcontrollers and {nor} serial NOR parts" in (ROOT / "CHANGELOG.md").read_text()
