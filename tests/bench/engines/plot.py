# SPDX-License-Identifier: MIT
"""Bars of container starts as SVG, one file for crun, one for runc and one for Docker.

The colours of text and lines follow the reader's preference for light or dark.
"""

import os
from xml.sax.saxutils import escape

import report

WIDTH = 760
LEFT = 190
RIGHT = 150
BAR = 22
STEP = 32
HEAD = 62

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.small { font-size: 12px; fill: #57606a }
.grid { stroke: #d0d7de }
.spread { stroke: #24292f; stroke-width: 1.5 }
.base { fill: #8c959f }
.system { fill: #cf6a32 }
.dropin, .sbpf-oci { fill: #2f81c7 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.small { fill: #9198a1 }
.grid { stroke: #3d444d }
.spread { stroke: #e6edf3 }
}
"""


def rectangle(kind, left, top, width):
    return (f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{max(width, 0):.1f}" '
            f'height="{BAR}"/>')


def line(kind, x1, y1, x2, y2):
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1}" x2="{x2:.1f}" y2="{y2}"/>'


def text(kind, left, top, content, anchor="start"):
    return (f'<text class="{kind}" x="{left:.1f}" y="{top}" text-anchor="{anchor}">'
            f'{escape(content)}</text>')


def bar(key, summary, base, scale, top, name):
    """The start without seccomp in grey, what seccomp adds in colour, and the quartiles."""
    total = summary["start_ms"]
    plain = min(base["start_ms"], total)
    low, high = (LEFT + value * scale for value in summary["quartiles_ms"])
    middle = top + BAR / 2
    label = f"{total:.1f} ms"
    if "added_ms" in summary:
        label += f"  (+{summary['added_ms'][0]:.2f})"
    return [
        text("", LEFT - 10, top + 16, name, "end"),
        rectangle("base", LEFT, top, plain * scale),
        rectangle(key, LEFT + plain * scale, top, (total - plain) * scale),
        line("spread", low, middle, high, middle),
        line("spread", low, middle - 4, low, middle + 4),
        line("spread", high, middle - 4, high, middle + 4),
        text("", max(high, LEFT + total * scale) + 8, top + 16, label),
    ]


def axis(longest, scale, top, bottom):
    """Lines at round numbers of milliseconds, four to nine of them."""
    step = next(step for power in range(-2, 6) for step in (10 ** power, 2 * 10 ** power,
                                                            5 * 10 ** power)
                if longest / step < 9)
    parts = []
    for index in range(int(longest / step) + 1):
        x = LEFT + index * step * scale
        parts += [line("grid", x, top, x, bottom),
                  text("small", x, bottom + 16, f"{index * step:g}", "middle")]
    return parts


def panel(measured, heading, versions, top):
    """One engine's bars; returns the parts and where they end."""
    summaries = report.summarize(measured)
    longest = max(summary["quartiles_ms"][1] for summary in summaries.values())
    scale = (WIDTH - LEFT - RIGHT) / longest
    bottom = top + HEAD + STEP * len(summaries)
    parts = [text("title", 12, top + 24, heading),
             text("small", 12, top + 43, "start to exit in ms: median and quartiles; coloured "
                  f"and in brackets: what seccomp adds; {measured['rounds']} rounds")]
    parts += axis(longest, scale, top + HEAD - 6, bottom)
    for index, (key, summary) in enumerate(summaries.items()):
        base = summaries[report.BASES.get(key, key)]
        parts += bar(key, summary, base, scale, top + HEAD + STEP * index,
                     report.title(key, versions))
    return parts, bottom + 30


def write(path, names, results):
    parts, bottom = [], 0
    for name in names:
        if name in results["engines"]:
            more, bottom = panel(results["engines"][name],
                                 report.engine_title(name, results["versions"]),
                                 results["versions"], bottom)
            parts += more
    if not parts:
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom}" '
                   f'width="{WIDTH}" height="{bottom}" role="img">\n<style>{STYLE}</style>\n')
        file.write("\n".join(parts) + "\n</svg>\n")


def draw(results, folder):
    os.makedirs(folder, exist_ok=True)
    for name, panels in (("crun", ["crun"]), ("runc", ["runc"]),
                         ("docker", ["docker-crun", "docker-runc"])):
        write(os.path.join(folder, f"container-start-{name}.svg"), panels, results)
