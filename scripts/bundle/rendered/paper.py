# SPDX-License-Identifier: Apache-2.0
"""The PDF of an HTML file, by Chromium; and whether the mark really is on each of its pages: browsers before 131 know no margin boxes."""

import re
import shutil
import subprocess
import tempfile
import zlib

from ..bundle import say
from .style import MARK_COLOR

# The outline, by which one finds one's way in hundreds of pages, is made of the tags, which take a minute and several times the size.
CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", "--generate-pdf-document-outline"]

PATIENCE = 1200  # seconds; a full bundle's tables take a minute or two on an idle machine


def to_pdf(html, pdf):
    with tempfile.TemporaryDirectory() as profile:
        command = [*CHROMIUM, f"--user-data-dir={profile}", f"--print-to-pdf={pdf}", html.resolve().as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode or not pdf.exists():
        raise RuntimeError(f"chromium made no PDF: {done.stderr.strip()[-400:]}")


def _streams(data):
    """What can be unpacked of a PDF's streams: the pages' contents among them (ISO 32000-1, 7.3.8, 7.4.4)."""
    for start in re.finditer(rb"stream\r?\n", data):
        try:
            yield zlib.decompressobj().decompress(data[start.end() :])
        except zlib.error:
            continue


def unmarked(pdf):
    """(pages, pages that lack the mark), by the operator that sets the mark's colour (8.6.8)."""
    data = pdf.read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b", data))
    red, green, blue = (int(MARK_COLOR[at : at + 2], 16) / 255 for at in (1, 3, 5))
    colors = [tuple(map(float, found)) for stream in _streams(data) for found in set(re.findall(rb"(?<![\d.])([\d.]+) ([\d.]+) ([\d.]+) rg\n", stream))]
    return pages, pages - sum(max(abs(r - red), abs(g - green), abs(b - blue)) < 0.001 for r, g, b in colors)


def print_to(html, pdf, marked):
    if not shutil.which(CHROMIUM[0]):
        say("no report.pdf: there is no chromium (scripts/setup.sh evidence installs it)")
        return
    to_pdf(html, pdf)
    pages, lacking = unmarked(pdf)
    if marked and (lacking or not pages):
        pdf.unlink()
        raise RuntimeError(f"{lacking} of {pages} pages of {pdf.name} lack the mark: chromium is older than 131?")
