# SPDX-License-Identifier: Apache-2.0
"""Real clients against the bootloader's own binaries on emulated boards: smpmgr, mcumgr-toolkit,
lrzsz, and the tool. To repeat one: build/venv/bin/pytest tests/recovery -k NAME"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest
import serial

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import schema  # noqa: E402
import wire  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / os.environ.get("BULKHEAD_BUILD", "build/host") / "cli" / "bulkhead"
FIRMWARE = ROOT / "build/firmware"
KEY = ROOT / "ports/keys/development-p256.pem"
SMPMGR = pathlib.Path(sys.executable).parent / "smpmgr"
BOARDS = ["stm32f407", "stm32l476", "nrf52840", "nrf51", "virt", "sifive_u"]
PATIENCE = 60  # seconds, on a loaded machine


def tool(*args, code=0):
    done = subprocess.run([str(a) for a in (TOOL, *args)], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == code, f"{args}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def run(*args, code=0, cwd=None):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=PATIENCE, cwd=cwd)
    assert done.returncode == code, f"{args}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    """image(board, version): the signed sample application."""
    folder = tmp_path_factory.mktemp("images")

    def make(board, version):
        out = folder / f"{board}-{version}.bin"
        if not out.exists():
            more = ["--load-addr", "0x08000000"] if board == "sifive_u" else []
            tool("image", "sign", "-q", "--key", KEY, "--version", f"{version}.0.0", "--header-size", "0x200",
                 "--pad-header", *more, FIRMWARE / board / f"app-{version}.0.0.bin", out)
        return out

    return make


class Device:
    """An emulated board with its console on a pseudo-terminal."""

    def __init__(self, folder, board, bootloader, *more):
        self.folder, self.board, self.port = folder, board, folder / "tty"
        chips = 2 if board == "nrf52840" else 1
        self.flash = [folder / f"chip{i}.bin" for i in range(chips)]
        self.options = [word for path in self.flash for word in ("--flash", path)]
        self.log = folder / "log"
        self.start("--bootloader", FIRMWARE / board / f"{bootloader}.bin", *more)

    def start(self, *more):
        self.out = open(self.log, "ab")
        words = [TOOL, "board", "run", self.board, *self.options, "--console", f"pty:{self.port}", *more]
        before = self.said().count("console at")
        self.process = subprocess.Popen([str(w) for w in words], stdout=self.out, stderr=self.out,
                                        stdin=subprocess.DEVNULL)
        self.wait_for("console at", before + 1)

    def said(self):
        return self.log.read_text()

    def wait_for(self, text, count=1):
        end = time.monotonic() + PATIENCE
        while self.said().count(text) < count:
            assert time.monotonic() < end and self.process.poll() is None, self.said()
            time.sleep(0.02)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        self.out.close()

    def holds(self, image):
        """After stop(): is the image in the primary slot, and nothing else after it?"""
        layout = json.loads(tool("layout", "show", ROOT / f"products/{self.board}.layout.yml", "--json"))
        slot = next(p for p in layout["partitions"] if p["name"] == "primary")
        data, want = self.flash[0].read_bytes(), image.read_bytes()
        return data[slot["offset"]:slot["offset"] + len(want)] == want


@pytest.fixture
def device(tmp_path):
    """device(board, bootloader, ...): one that runs until the test ends."""
    running = []

    def start(*args):
        folder = tmp_path / f"d{len(running)}"
        folder.mkdir()
        running.append(Device(folder, *args))
        return running[-1]

    yield start
    for one in running:
        one.stop()


def smpmgr(device, *args, code=0):
    return run(SMPMGR, "--port", device.port, "--timeout", "20", *args, code=code)


def comes_back(device, image, times=1):
    device.wait_for("started; journal", times)
    device.stop()
    assert device.holds(image), device.said()


@pytest.mark.parametrize("board", BOARDS)
def test_a_ruined_device_comes_back(device, image, board):
    """Nothing can be started; the tool brings it back."""
    d = device(board, "boot-smp")
    d.wait_for("recovery: ")
    told = json.loads(tool("device", "list", "--port", d.port, "--json"))
    assert told["images"] == []
    tool("device", "upload", image(board, 2), "--port", d.port, "--reset")
    comes_back(d, image(board, 2))


@pytest.mark.parametrize("board, sender", [("stm32f407", ("sx", "-k")), ("nrf52840", ("sb",)), ("virt", ("sx",))])
def test_a_ruined_device_comes_back_by_xmodem(device, image, board, sender):
    d = device(board, "boot-xmodem")
    d.wait_for("recovery: ")
    with open(os.open(d.port, os.O_RDWR | os.O_NOCTTY), "r+b", buffering=0) as port:
        done = subprocess.run([*sender, str(image(board, 2))], stdin=port, stdout=port, stderr=subprocess.PIPE,
                              timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    comes_back(d, image(board, 2))


def test_smpmgr(device, image):
    """All that it sends: parameters, list, upload, list, state, echo, reset."""
    d = device("nrf52840", "boot-smp")
    d.wait_for("recovery: ")
    assert "No images on device" in smpmgr(d, "image", "state-read")
    smpmgr(d, "os", "echo", "hello")
    smpmgr(d, "image", "upload", image("nrf52840", 1))
    listed = smpmgr(d, "image", "state-read")
    assert "version='1.0.0'" in listed and "pending=True" in listed and "permanent=True" in listed
    smpmgr(d, "os", "reset")
    comes_back(d, image("nrf52840", 1))


def test_toolkit(device, image):
    """mcumgr-toolkit: with and without an image number and a hash, test, confirm, erase, reset."""
    toolkit = pytest.importorskip("mcumgr_toolkit")
    data = image("stm32f407", 1).read_bytes()
    d = device("stm32f407", "boot-smp")
    d.wait_for("recovery: ")
    client = toolkit.MCUmgrClient.serial(str(d.port), 115200, 20000)
    assert client.os_echo("hi") == "hi"
    assert client.os_mcumgr_parameters().buf_size == 1024
    client.use_auto_frame_size()
    assert client.image_get_state() == []
    client.image_upload(data)
    [state] = client.image_get_state()
    assert (state.slot, state.version, state.pending, state.permanent) == (1, "1.0.0", True, True)
    client.image_upload(data, image=1)
    client.image_upload(data, checksum=hashlib.sha256(data).hexdigest())
    client.image_set_state(bytes(state.hash), True)
    client.image_erase(1)
    assert client.image_get_state() == []
    client.image_upload(data, image=0)
    client.os_system_reset()
    comes_back(d, image("stm32f407", 1))


def test_a_connection_that_breaks(device, image):
    """The client is killed in mid-upload; another one goes on where it was, or begins again."""
    d = device("stm32f407", "boot-smp")
    d.wait_for("recovery: ")
    data = image("stm32f407", 2).read_bytes()
    with serial.Serial(str(d.port), 115200, timeout=0.1) as port:
        first = ask(port, wire.message(2, 1, 1, {"off": 0, "len": len(data), "data": data[:400],
                                                 "sha": hashlib.sha256(data).digest()}))
        assert first == {"rc": 0, "off": 400}
        port.write(wire.lines(wire.message(2, 1, 1, {"off": 400, "data": data[400:800]}))[:200])
    time.sleep(0.7)  # half a packet, and silence
    with serial.Serial(str(d.port), 115200, timeout=0.1) as port:
        again = ask(port, wire.message(2, 1, 1, {"off": 0, "len": len(data), "data": data[:400],
                                                 "sha": hashlib.sha256(data).digest()}))
        assert again == {"rc": 0, "off": 400}, "the same file goes on where it was"
    tool("device", "upload", image("stm32f407", 2), "--port", d.port)
    smpmgr(d, "image", "upload", image("stm32f407", 2))
    tool("device", "reset", "--port", d.port)
    comes_back(d, image("stm32f407", 2))


def ask(port, message, patience=PATIENCE):
    """One answer. Line ends before it, so that nothing is left of what was sent before."""
    packets, end = wire.Packets(), time.monotonic() + patience
    port.write(wire.lines(message))
    while time.monotonic() < end:
        for header, payload in packets.feed(port.read(4096)):
            if header[6] == message[6] and header[7] == message[7]:
                return payload
    raise AssertionError("no answer")


def test_answers_come_soon(device, image):
    """Each answer but the first within 0.2 s, which one client insists on; on a loaded machine the
    median is looked at, and what the emulated processor itself needs is in the budgets."""
    d = device("nrf52840", "boot-smp")
    d.wait_for("recovery: ")
    data = image("nrf52840", 1).read_bytes()
    times, off = [], 0
    with serial.Serial(str(d.port), 115200, timeout=0.005) as port:
        while off < len(data):
            request = {"off": off, "data": data[off:off + 900]} | ({} if off else {"len": len(data)})
            begun = time.monotonic()
            answer = ask(port, wire.message(2, 1, 1, request, seq=len(times) & 255))
            times.append(time.monotonic() - begun)
            assert answer["rc"] == 0 and answer["off"] > off
            off = answer["off"]
    assert sorted(times[1:])[len(times) // 2] < 0.2, times


def test_what_asks_for_a_recovery(device, image):
    """A pin, and the application; and a device that nobody asks starts."""
    d = device("stm32f407", "boot-smp", "--primary", image("stm32f407", 1))
    d.wait_for("started; journal")
    time.sleep(1)  # the window is over
    with serial.Serial(str(d.port), 115200, timeout=0.2) as port:
        port.write(b"s\n")
        assert b"state 00000001" in read_until(port, b"ok\n")
        port.write(b"b\nr\n")
        assert ask_patiently(port)["buf_size"] == 1024
        ask(port, wire.message(2, 0, 5))
        d.wait_for("started; journal", 3)
        assert b"app 1.0.0" in read_until(port, b"> ")
    d.stop()
    d.start("--low", "0")
    told = json.loads(tool("device", "list", "--port", d.port, "--json"))
    assert [i["flags"] for i in told["images"]] == [["bootable", "confirmed", "active"]]
    tool("device", "upload", image("stm32f407", 2), "--port", d.port)
    told = json.loads(tool("device", "list", "--port", d.port, "--json"))
    assert [i["flags"] for i in told["images"]] == [["bootable", "confirmed"], ["pending"]]
    digest = told["images"][1]["hash"]
    tool("device", "confirm", digest, "--port", d.port)
    told = json.loads(tool("device", "test", digest, "--port", d.port, "--json"))
    assert told["images"][1]["flags"] == ["pending"]
    assert "not found" in tool("device", "confirm", digest[::-1], "--port", d.port, code=4)
    tool("device", "erase", "--port", d.port)
    assert len(json.loads(tool("device", "list", "--port", d.port, "--json"))["images"]) == 1


def read_until(port, what):
    got, end = b"", time.monotonic() + PATIENCE
    while what not in got:
        assert time.monotonic() < end, got
        got += port.read(4096)
    return got


def ask_patiently(port):
    """A device that is about to be in recovery."""
    for _ in range(100):
        try:
            return ask(port, wire.message(0, 0, 6), patience=0.5)
        except AssertionError:
            pass
    raise AssertionError("it never answers")


def test_during_a_trial_the_way_back_is_kept(device, image):
    d = device("stm32f407", "boot-smp", "--primary", image("stm32f407", 1), "--low", "0")
    d.wait_for("started; journal")
    tool("device", "upload", image("stm32f407", 2), "--port", d.port, "--reset")
    d.wait_for("journal trial")
    said = tool("device", "upload", image("stm32f407", 1), "--port", d.port, code=4)
    assert "not allowed in the present state" in said and "way back" in said
    tool("device", "reset", "--port", d.port)
    d.wait_for("reverted")
    d.stop()
    assert d.holds(image("stm32f407", 1))


def test_json_of_every_command(device, image):
    d = device("stm32f407", "boot-smp")
    d.wait_for("recovery: ")
    runs = {"info": (), "upload": (image("stm32f407", 1),), "list": (), "test": (), "confirm": (), "erase": (),
            "log": ("--seconds", "1"), "reset": ()}
    for verb, words in runs.items():
        done = subprocess.run([str(w) for w in (TOOL, "device", verb, *words, "--port", d.port, "--json")],
                              capture_output=True, text=True, timeout=PATIENCE)
        if verb == "test":  # nothing to go back to: for good
            assert '"permanent"' in done.stdout
        if verb == "erase":
            assert done.returncode == 0
        assert done.returncode == 0, done.stderr
        schema.check_run(("device", verb), done.stdout, done.stderr)


def test_what_is_no_image_is_not_sent(tmp_path):
    bad = tmp_path / "bad.bin"
    bad.write_bytes(bytes(100))
    assert "no image in MCUboot's format" in tool("device", "upload", bad, "--port", "/nowhere", code=2)
    assert "cannot open the port" in tool("device", "list", "--port", "/nowhere", code=4)
    assert "cannot connect" in tool("device", "list", "--port", "socket:/nowhere", code=4)
    assert "is no hash" in tool("device", "test", "xyz", "--port", "/nowhere", code=2)


def test_random_bytes(device, image):
    """A line full of noise, and nothing of it stays: a good client is answered."""
    import random
    rng = random.Random(1)
    d = device("stm32f407", "boot-smp")
    d.wait_for("recovery: ")
    with serial.Serial(str(d.port), 115200, timeout=0.05, write_timeout=PATIENCE) as port:
        for _ in range(50):  # 115,200 bytes: ten seconds of the line
            noise = bytearray(rng.randbytes(2304))
            for i in range(0, len(noise), 200):
                noise[i:i + 2] = b"\x06\x09"
            port.write(noise)
            port.read(4096)
    tool("device", "upload", image("stm32f407", 1), "--port", d.port, "--reset", "--timeout", "5000")
    comes_back(d, image("stm32f407", 1))


QEMU = {"virt": ["qemu-system-riscv32", "-M", "virt", "-bios", "none", "-drive", "if=pflash,unit=0,format=raw,file={flash}"],
        "sifive_u": ["qemu-system-riscv32", "-M", "sifive_u,msel=6", "-bios", str(FIRMWARE / "sifive_u/boot-smp.bin"),
                     "-drive", "if=mtd,format=raw,file={flash}"]}


@pytest.mark.parametrize("board", QEMU)
def test_on_stock_qemu(tmp_path, board):
    """The same binary on an emulator that is not ours, by its own UART, over a socket. The image is
    an endless loop: QEMU's flash is slow, and the sample application of this board is long."""
    flash, port, loop, image = (tmp_path / name for name in ("flash.bin", "uart", "loop", "image"))
    loop.write_bytes(b"\x6f\0\0\0" * 512)  # j .
    tool("image", "sign", "-q", "--key", KEY, "--version", "1.0.0", "--header-size", "0x200", "--pad-header",
         *(["--load-addr", "0x08000000"] if board == "sifive_u" else []), loop, image)
    flash.write_bytes((FIRMWARE / board / "boot-smp.bin").read_bytes().ljust(32 << 20, b"\xff"))
    words = [w.format(flash=flash) for w in QEMU[board]]
    emulator = subprocess.Popen([*words, "-display", "none", "-monitor", "none", "-serial",
                                 f"unix:{port},server=on,wait=off"], stdin=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE
        while not port.exists():
            assert time.monotonic() < end and emulator.poll() is None
            time.sleep(0.05)
        tool("device", "upload", image, "--port", f"socket:{port}", "--timeout", "20000")
        listed = json.loads(tool("device", "list", "--port", f"socket:{port}", "--timeout", "20000", "--json"))
        assert [(i["slot"], i["version"]) for i in listed["images"]] == [(1, "1.0.0")]
        tool("device", "reset", "--port", f"socket:{port}", "--timeout", "20000")
        said, end = "", time.monotonic() + PATIENCE
        while "started; journal" not in said:
            assert time.monotonic() < end, said
            said += tool("device", "log", "--port", f"socket:{port}", "--seconds", "2")
    finally:
        emulator.kill()
        emulator.wait()
