# SPDX-License-Identifier: Apache-2.0
"""The reader of the health cell's lines."""

from harness import health

TEXT = """health: up, 3 cells, 4 cores, timer 62500000 Hz
event: 1.000001 core=3 cell=control ready generation=1
status: 2.000 health:state=ready,gen=1,restarts=0,exits=12,ticks=900,missed=0,worst_ns=0,setpoint=0 control:state=ready,gen=1,restarts=0,exits=0,ticks=1800,missed=0,worst_ns=2064,setpoint=42
event: 2.500000 core=1 cell=gateway fault error=memory-violation action=restart esr=0x92000006 address=0x1000
> table
table: cell         state     restarts      exits      ticks   missed  worst latency
table: health       ready            0         12        900        0           0 ns
table: control      ready            0          1       2800        0        2064 ns
status: 3.0"""


def test_status():
    (rows,) = health.statuses(TEXT)
    assert rows["control"].ticks == 1800
    assert rows["control"].setpoint == 42
    assert rows["health"].state == "ready"


def test_table():
    rows = health.table(TEXT)
    assert rows["control"].exits == 1
    assert rows["control"].worst_ns == 2064


def test_events():
    assert [event.name for event in health.events(TEXT)] == ["ready", "fault"]
    (fault,) = health.events(TEXT, cell="gateway", name="fault")
    assert fault.arguments["esr"] == "0x92000006"
