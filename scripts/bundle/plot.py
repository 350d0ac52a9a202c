# SPDX-License-Identifier: Apache-2.0
"""Bars in SVG: values beside their goals. Colours differ in lightness, too, so that they hold in print and for the colour-blind."""

from html import escape

WIDTH, LABELS, ROW, BAR = 900, 330, 24, 14
GOOD, MISSED, PLAIN, GOAL_LINE, TEXT = "#3b7dd8", "#c0392b", "#7f8c8d", "#111111", "#222222"


def _scale(rows):
    return max([1e-9, *(value for _, value, _ in rows), *(goal for _, _, goal in rows if goal)]) * 1.12


def bars(title, rows, unit):
    """rows: (label, value, goal: the value is to be at most that; None: there is none)"""
    scale, height = _scale(rows), 46 + ROW * len(rows)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="DejaVu Sans, sans-serif" font-size="12">',
        f'<text x="0" y="18" font-size="14" font-weight="bold" fill="{TEXT}">{escape(title)} ({escape(unit)})</text>',
    ]
    for number, (label, value, goal) in enumerate(rows):
        top, room = 34 + ROW * number, WIDTH - LABELS - 110
        length = room * value / scale
        colour = PLAIN if goal is None else GOOD if value <= goal else MISSED
        lines.append(f'<text x="{LABELS - 8}" y="{top + 11}" text-anchor="end" fill="{TEXT}">{escape(label)}</text>')
        lines.append(f'<rect x="{LABELS}" y="{top}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>')
        if goal is not None:
            at = LABELS + room * goal / scale
            lines.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top - 3}" y2="{top + BAR + 3}" stroke="{GOAL_LINE}" stroke-width="2"/>')
        said = f"{value:g}" + (f" (goal {goal:g})" if goal is not None else "")
        beside = max(length, room * goal / scale if goal is not None else 0)
        lines.append(f'<text x="{LABELS + beside + 6:.1f}" y="{top + 11}" fill="{TEXT}">{said}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"
