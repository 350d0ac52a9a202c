# SPDX-License-Identifier: Apache-2.0
"""Debian's unmodified kernels on two cores, from start to shell and back after a restart.

[stest->swr~inject-through-list-registers~1]
[stest->swr~psci-cpu-on~1]

Robustness: test_last_words
"""

import contextlib

import pytest

import system

COMPLAINTS = r"Internal error|Unable to handle|WARNING:|BUG:|Unexpected interrupt|rcu_sched.*stall|soft lockup"


@contextlib.contextmanager
def shell(results, config, version, **options):
    """At Linux's prompt; all the time it doesn't complain, and the victim lives on."""
    with system.running(f"linux-{config}", results, **options) as running:
        running.wait_up("victim")
        with running.unharmed("victim"):
            running.uart.search(rf"^\[linux\] init: Linux linux {version}.*aarch64", never=system.HALTED)
            running.uart.search(r"^\[linux\] init: 2 cores online")
            running.uart.search(r"^\[linux\] linux:/root# ")
            yield running
        assert not running.uart.seen(COMPLAINTS)


def boot_and_reboot(results, release, mode, **options):
    with shell(results, f"{release}-{mode}", rf"{release}\S* ", **options) as running:
        running.send("linux", "cat /proc/interrupts | grep -c arch_timer; taskset 2 echo on-core-$((1 + 1))")
        running.uart.search(r"^\[linux\] on-core-2\n")
        running.send("linux", "reboot -f")
        running.uart.search(r"^event: .* cell=linux start generation=2")
        running.uart.search(r"^\[linux\] init: 2 cores online", since=running.uart.mark())


@pytest.mark.parametrize(
    "release, mode",
    [
        ("6.1", "injected"),
        ("6.12", "injected"),
        ("6.12", "direct"),
        pytest.param("6.1", "direct", marks=pytest.mark.full),
    ],
)
def test_smp(results, release, mode):
    boot_and_reboot(results, release, mode)


@pytest.mark.full
@pytest.mark.parametrize(
    "flavour, cpu, uname, page",
    [("16k", "cortex-a76", "arm64-16k", 16), ("rt", "cortex-a72", "PREEMPT_RT", 4)],
)
def test_flavours(results, flavour, cpu, uname, page):
    """Debian's other kernels; that with 16 KiB pages on a core that has them."""
    with shell(results, f"6.12-{flavour}", f"6.12.*{uname}", cpu=cpu) as running:
        running.send("linux", "grep -m 1 KernelPageSize /proc/self/smaps")
        running.uart.search(rf"^\[linux\] KernelPageSize: +{page} kB\n")
        running.send("linux", "dmesg | grep -o 'armv8_.*counters'")
        running.uart.search(r"^\[linux\] armv8_\w+ PMU driver, 7 .*counters")  # 6 and the cycles'


def test_last_words(results):
    """What Linux said before it panicked, it finds after its restart, as on a machine of its own."""
    with system.running("linux-keep", results) as running:
        running.uart.search(r"^\[linux\] linux:/root# ", never=system.HALTED)
        assert not running.uart.seen(r"^\[linux\] init: the last life left ")
        mark = running.send("linux", "echo last-words-$((1 + 1)) >/dev/kmsg; echo c >/proc/sysrq-trigger")
        running.uart.search(r"^event: .* cell=linux start generation=2", since=mark)
        left = running.uart.search(r"^\[linux\] init: the last life left (/sys/fs/pstore/dmesg-ramoops-0\S*)\n", since=mark, never=system.HALTED)
        running.uart.search(r"^\[linux\] linux:/root# ", since=left.end())
        assert "last-words-2" in running.shell("linux", f"grep -o last-words-. {left[1]}")
