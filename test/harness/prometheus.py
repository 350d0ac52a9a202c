# SPDX-License-Identifier: Apache-2.0
"""Debian's Prometheus with the files of scripts/fleet, watching machines on this host."""

import contextlib
import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request

from harness import build, ports

FLEET = build.ROOT / "scripts/fleet"
PATIENCE = 180  # seconds: a safety net


class Prometheus:
    """It looks more often than scripts/fleet says, so that a test is over sooner; with `hold` rules wait that long, not longer,
    before they alert."""

    def __init__(self, folder, watched, hold=None):
        """watched: ports of this host."""
        self.folder, self.port = folder, ports.free()
        shutil.copytree(FLEET / "rules", folder / "rules", dirs_exist_ok=True)
        for rules in (folder / "rules").iterdir() if hold else ():
            rules.write_text(re.sub(r"\bfor: \w+", f"for: {hold}", rules.read_text()))
        config = re.sub(r"_interval: (15s|1m)", "_interval: 2s", (FLEET / "prometheus.yml").read_text())
        (folder / "prometheus.yml").write_text(config.replace("scrape_timeout: 10s", "scrape_timeout: 2s"))
        targets = ", ".join(f'"127.0.0.1:{port}"' for port in watched)
        (folder / "appliances.yml").write_text(f"- targets: [{targets}]\n  labels: {{site: test}}\n")
        command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
        self.log = open(folder / "prometheus.log", "wb")
        self.process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def ask(self, expression):
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{query}", timeout=30) as answer:
            return json.load(answer)["data"]["result"]

    def holds(self, expression, enough=bool, patience=PATIENCE):
        """What it finds once that is enough; None: it never was."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                found = self.ask(expression)
                if enough(found):
                    return found
            time.sleep(1)
        return None

    def wait(self, expression, what, enough=bool):
        found = self.holds(expression, enough)
        assert found is not None, f"not in {PATIENCE} s: {what}: {expression}"
        return found
