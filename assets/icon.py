"""Draws the icon: five events on a line, and what the last one looks back at.

    python3 assets/icon.py

writes icon.svg and icon.png (256 x 256) beside this file. Needs nothing but Python.
"""

import math
import pathlib
import struct
import zlib

SIZE = 256
SCALE = 4  # drawn this much larger and averaged down, for smooth edges
GROUND, LINE, EVENT, NEXT = (24, 28, 38), (90, 102, 128), (126, 178, 255), (255, 190, 92)
CORNER, BASE, RADIUS = 52, 168, 15
XS = [44, 86, 128, 170, 212]  # the events, left to right; the last is the one predicted
WEIGHTS = [0.35, 0.9, 0.5, 1.0]  # how much the last event looks at each of the others


def arcs():
    """(centre, radius, width) of the half circle from each event to the last."""
    for x, weight in zip(XS[:-1], WEIGHTS):
        yield (x + XS[-1]) / 2, (XS[-1] - x) / 2, 3 + 7 * weight


def inside_ground(x, y):
    dx = max(CORNER - x, x - (SIZE - CORNER), 0)
    dy = max(CORNER - y, y - (SIZE - CORNER), 0)
    return math.hypot(dx, dy) <= CORNER


def colour_at(x, y):
    """RGBA of one point, topmost thing first."""
    if not inside_ground(x, y):
        return 0, 0, 0, 0
    for at, event_x in enumerate(XS):
        if math.hypot(x - event_x, y - BASE) <= RADIUS:
            return *(NEXT if at == len(XS) - 1 else EVENT), 255
    for centre, radius, width in arcs():
        if y < BASE and abs(math.hypot(x - centre, y - BASE) - radius) <= width / 2:
            return *NEXT, 255
    if abs(y - BASE) <= 3 and XS[0] <= x <= XS[-1]:
        return *LINE, 255
    return *GROUND, 255


def pixel(col, row):
    points = [
        colour_at(col + (i + 0.5) / SCALE, row + (j + 0.5) / SCALE) for i in range(SCALE) for j in range(SCALE)
    ]
    alpha = sum(p[3] for p in points)
    if alpha == 0:
        return 0, 0, 0, 0
    mixed = [round(sum(p[c] * p[3] for p in points) / alpha) for c in range(3)]
    return *mixed, round(alpha / len(points))


def png():
    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + bytes(v for col in range(SIZE) for v in pixel(col, row)) for row in range(SIZE))
    head = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def svg():
    def rgb(colour):
        return "#%02x%02x%02x" % colour

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">']
    parts.append(f'<rect width="{SIZE}" height="{SIZE}" rx="{CORNER}" fill="{rgb(GROUND)}"/>')
    parts.append(f'<path d="M{XS[0]} {BASE}H{XS[-1]}" stroke="{rgb(LINE)}" stroke-width="6"/>')
    for centre, radius, width in arcs():
        start, end = centre - radius, centre + radius
        parts.append(
            f'<path d="M{start:g} {BASE}A{radius:g} {radius:g} 0 0 1 {end:g} {BASE}" fill="none" '
            f'stroke="{rgb(NEXT)}" stroke-width="{width:g}"/>'
        )
    for at, x in enumerate(XS):
        fill = rgb(NEXT if at == len(XS) - 1 else EVENT)
        parts.append(f'<circle cx="{x}" cy="{BASE}" r="{RADIUS}" fill="{fill}"/>')
    return "\n".join(parts + ["</svg>", ""])


if __name__ == "__main__":
    here = pathlib.Path(__file__).parent
    (here / "icon.svg").write_text(svg())
    (here / "icon.png").write_bytes(png())
