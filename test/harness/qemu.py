# SPDX-License-Identifier: Apache-2.0
"""QemuTarget: QEMU's `virt` as a Target. See docs of target.py for the hooks.

A FIT starts without U-Boot: its parts are put where U-Boot would put them and CPU 0 starts at the kernel's
load address in EL2. That is quick, and QEMU implements PSCI by SMC as it does under U-Boot. A disk image
(disk.img, beside what else scripts/image.py made) takes the whole way through the U-Boot in flash, which verifies it, and
with an EL3 through TF-A before it.

The process is ours alone: it has no name or path that another run could share, and it dies with us.
"""

import contextlib
import functools
import hashlib
import os
import shutil
import socket
import subprocess
import time

from . import cover, executed, records
from .build import BUILD, ROOT
from .console import PATIENCE, Console
from .exceptions import ExceptionLog
from .fit import Fit
from .qmp import Qmp
from .target import Target

QEMU = os.environ.get("QEMU", "qemu-system-aarch64")
FIRMWARE = ROOT / "scripts/firmware.sh"
FLASH_BANK = 64 << 20  # bytes: hw/arm/virt.c, VIRT_FLASH
EMMC, EMMC_BOOT = 64 << 20, 1 << 20  # bytes: of a whole eMMC, a power of two, and of each of its boot partitions, which lie first
EMMC_PLUGIN = BUILD / "qemu-emmc.so"
MACHINE = "virt-10.0,virtualization=on,gic-version=3,iommu=smmuv3"
ICOUNT = "shift=0,sleep=off"


@functools.lru_cache(maxsize=None)
def version():
    """Of the QEMU that tests run on."""
    return subprocess.run([QEMU, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def _escaped(path):
    """A file name inside an option's value."""
    return str(path).replace(",", ",,")


class QemuTarget(Target):
    def __init__(
        self,
        results,
        machine=MACHINE,
        el3=False,
        cpu="cortex-a72",
        smp="4",
        memory="2G",
        icount=None,
        single_thread=False,
        record_exceptions=False,
        extra=(),
        on_line=None,
        log_writes=False,
        state="flash-1",
    ):
        """results: folder for console.log and what else the run leaves (QEMU's own messages).

        log_writes: what a machine from a disk image writes to the disk and to its second flash bank stays, and is recorded
        (write_log.py): log_of("disk"), log_of(state).

        state: what a machine from a disk image has the boot state in: its second flash bank, or an eMMC's "boot0" or "boot1".

        el3: the machine has an EL3, with TF-A in it; then load() takes disk images alone.
        icount: the value of -icount (ICOUNT: virtual time counts instructions).
        record_exceptions: count exceptions taken to EL2; implies one thread for all CPUs.
        """
        self._results = str(results)
        self._machine = f"{machine},secure=on" if el3 else machine
        self._el3 = el3
        self._cpu = cpu
        self._smp = smp
        self._memory = memory
        self._icount = icount
        self._single_thread = single_thread or record_exceptions
        self._record = record_exceptions
        self._extra = list(extra)
        self._on_line = on_line
        self._log_writes = log_writes
        self._state = state
        self._image_options = []
        self._image = {}  # what was loaded, by hash
        self._card = []  # behind the controller that `extra` has
        self._files = None  # temporary folder of the loaded parts
        self._process = None
        self._console = self._qmp = self._exceptions = self._cover = None
        os.makedirs(self._results, exist_ok=True)

    # ---- hooks ----

    def load(self, image):
        self._forget_files()
        if self._el3 and not str(image).endswith(".img"):
            raise ValueError("with an EL3 a machine starts with its firmware: load a disk image")
        if isinstance(image, Fit):
            self._image_options = self._load_fit(image)
        elif str(image).endswith(".img"):
            self._image_options = self._load_disk(image)
        else:
            self._image_options = self._load_fit(Fit(image))

    def _load_fit(self, fit):
        self._make_files()
        self._image = {"image": hashlib.sha256(fit.blob).hexdigest(), "loaded": []}
        options = []
        for number, part in enumerate([fit.kernel, *fit.loadables]):
            path = os.path.join(self._files, f"part-{number}")
            with open(path, "wb") as file:
                file.write(part.data)
            self._image["loaded"].append(f"{part.load:#x} {hashlib.sha256(part.data).hexdigest()}")
            start = ",cpu-num=0" if number == 0 else ""
            options += ["-device", f"loader,file={_escaped(path)},addr={part.load:#x}{start},force-raw=on"]
        return options

    def _load_disk(self, path):
        """Flash and disk start as they were built; what the machine writes to flash stays until the next load()."""
        self._make_files()
        folder = os.path.dirname(path)
        loader = os.path.join(folder, "loader.img")
        self._image = {"image": records.file_hash(path), "loader": records.file_hash(loader)}
        records.used(path, loader)
        if self._el3:
            flash = os.path.join(self._files, "firmware")
            subprocess.run([FIRMWARE, "flash", loader, flash], check=True, capture_output=True)
            loader = flash
        options = self._flash_bank(0, loader)
        if os.path.exists(os.path.join(folder, "state.img")):
            state = os.path.join(folder, "state.img")
            options += self._flash_bank(1, state) if self._state == "flash-1" else self._emmc(state)
        drive = "nvme"
        if "drive=nvme" not in ",".join(map(str, self._extra)).split(","):  # the board has none
            drive = "boot"
            options += ["-device", "virtio-blk-pci,drive=boot,romfile=,addr=1f"]
        if self._log_writes:
            copy = os.path.join(self._files, "disk")
            subprocess.run(["cp", "--sparse=always", path, copy], check=True)
            return [*options, "-drive", f"if=none,id={drive},{self._logged(copy, 'disk')}"]
        return [*options, "-drive", f"if=none,id={drive},format=raw,snapshot=on,file={_escaped(path)}"]

    def _flash_bank(self, number, content):
        path = self.flash_bank(number)
        shutil.copyfile(content, path)
        os.truncate(path, FLASH_BANK)
        if self._log_writes and number == 1:
            return ["-drive", f"if=pflash,unit=1,{self._logged(path, 'flash-1')}"]
        return ["-drive", f"if=pflash,unit={number},format=raw,file={_escaped(path)}"]

    def _emmc(self, content):
        path = os.path.join(self._files, "emmc")
        with open(path, "wb") as file, open(content, "rb") as state:
            file.truncate(EMMC)
            file.seek(self.state_file()[1])
            file.write(state.read())
        drive = self._logged(path, self._state) if self._log_writes else f"format=raw,file={_escaped(path)}"
        self._card = ["-device", f"emmc,drive=emmc,boot-partition-size={EMMC_BOOT}"]
        return ["-plugin", EMMC_PLUGIN, "-drive", f"if=none,id=emmc,{drive}"]

    def state_file(self):
        """(file, offset in it, bytes from one copy to the next) of the boot state, of a machine started from a disk image."""
        if self._state == "flash-1":
            return self.flash_bank(1), 0, 0x40000  # the boards' erase-block
        return os.path.join(self._files, "emmc"), EMMC_BOOT * ["boot0", "boot1"].index(self._state), 0x8000  # BOOT_EMMC_BLOCK

    def log_of(self, device):
        """The file with what was written to `disk`, or to what has the boot state."""
        return os.path.join(self._results, f"{device}.log")

    def _logged(self, path, device):
        log = self.log_of(device)
        with open(log, "wb"):
            pass
        place = f"file.driver=file,file.filename={_escaped(path)},log.driver=file,log.filename={_escaped(log)}"
        return f"driver=blklogwrites,{place},log-super-update-interval=1"

    def flash_bank(self, number):
        """The file that a machine started from a disk image has as its flash bank."""
        return os.path.join(self._files, f"flash-{number}")

    def power(self, state):
        if state in ("off", "reset"):
            self._off()
        if state in ("on", "reset"):
            self._on()
        if state not in ("on", "off", "reset"):
            raise ValueError(f"power state {state!r}")

    def console(self, name="serial0"):
        if name != "serial0":
            raise ValueError(f"no console {name!r}: this machine has one UART, serial0")
        if self._console and not self.running():
            self._console.drain()
        return self._console

    def read_memory(self, address, size):
        return self._qmp.memory(address, size)

    def exceptions(self, cpu):
        if not self._exceptions:
            return super().exceptions(cpu)
        return self._exceptions.count(cpu)

    # ---- beyond the hooks: what only QEMU can do ----

    def monitor(self, line):
        return self._qmp.human(line)

    def pause(self):
        self._qmp.command("stop")

    def resume(self):
        self._qmp.command("cont")

    def migrate(self, path, patience):
        """Writes the machine's state to a file, after which it goes on no more."""
        self._qmp.command("migrate-set-parameters", **{"max-bandwidth": 0})
        self._qmp.command("migrate", uri=f"file:{path}")
        wait_until(lambda: self._qmp.command("query-migrate")["status"] in ("completed", "failed"), "the state is saved", patience)
        if self._qmp.command("query-migrate")["status"] != "completed":
            raise RuntimeError(f"QEMU can't save the machine's state to {path}")

    def running(self):
        return self._process is not None and self._process.poll() is None

    # ---- the process ----

    def _accelerator(self):
        if self._icount:
            return ["-icount", self._icount]
        return ["-accel", f"tcg,thread={'single' if self._single_thread else 'multi'}"]

    def _command(self, uart_fd, qmp_fd):
        # setpriv: should this process be killed, its QEMU goes with it.
        return [
            *["setpriv", "--pdeathsig", "KILL", QEMU, "-nodefaults", "-display", "none", "-no-reboot"],
            *["-machine", self._machine, "-cpu", self._cpu, "-smp", self._smp, "-m", self._memory],
            *self._accelerator(),
            *["-chardev", f"socket,id=uart,fd={uart_fd}", "-serial", "chardev:uart"],
            *["-chardev", f"socket,id=monitor,fd={qmp_fd}", "-mon", "chardev=monitor,mode=control"],
            *(["-d", "int", "-D", self._exceptions.path] if self._record else []),
            *self._image_options,
            *self._extra,
            *self._card,
        ]

    def _identity(self):
        """Of a record's target."""
        hardware = {"board": self._machine, "cpu": self._cpu, "cores": self._smp, "memory": self._memory}
        return {"qemu": version(), **hardware, **({"icount": self._icount} if self._icount else {}), **self._image}

    def _on(self):
        if self._process:
            raise RuntimeError("it is on already")
        records.machine(self._identity(), os.path.join(self._results, "console.log"))
        uart, uart_there = socket.socketpair()
        qmp, qmp_there = socket.socketpair()
        fds = [uart_there.fileno(), qmp_there.fileno()]
        if self._record:
            self._exceptions = ExceptionLog()
            fds.append(self._exceptions.write_end)
        command = self._command(*fds[:2])
        if cover.FOLDER:
            self._cover = cover.Watch("reboot=reset" in self._extra)
            fds.append(self._cover.there.fileno())
            command += self._cover.options()
        if executed.FOLDER:
            command += executed.options(self._icount)
        with open(os.path.join(self._results, "qemu.log"), "wb") as log:
            log.write((" ".join(map(str, command)) + "\n").encode())
            log.flush()
            # A session of its own: Ctrl-C is for us, who then stop it.
            self._process = subprocess.Popen(
                command, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        uart_there.close()
        qmp_there.close()
        if self._record:
            self._exceptions.start()
        self._console = Console(uart, os.path.join(self._results, "console.log"), self._on_line)
        try:
            self._qmp = Qmp(qmp)
            if self._cover:
                self._cover.start()
        except Exception as error:
            self._off()
            with open(os.path.join(self._results, "qemu.log"), encoding="utf-8") as log:
                raise RuntimeError(f"QEMU does not start:\n{log.read()}") from error

    def _off(self):
        if self._process:
            if self._cover:
                self._cover.end()
                self._cover = None
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
            self._process = None
        if self._exceptions:
            self._exceptions.close()
        if self._qmp:
            self._qmp.close()
            self._qmp = None
        if self._console:
            self._console.close()

    def _make_files(self):
        self._files = os.path.join(self._results, "parts")
        shutil.rmtree(self._files, ignore_errors=True)
        os.makedirs(self._files)

    def _forget_files(self):
        if self._files:
            shutil.rmtree(self._files, ignore_errors=True)
            self._files = None

    def __exit__(self, *_):
        self._off()
        self._forget_files()


def wait_until(claim, what, timeout=PATIENCE):
    """Polls a claim about the target. The timeout is a safety net, as everywhere."""
    deadline = time.monotonic() + timeout
    while not (result := claim()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(0.02)
    return result
