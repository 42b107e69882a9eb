#!/usr/bin/env python3
"""Draws docs/power.svg from what the test planted_test prints: power_curve.py PLANTED_TEST > docs/power.svg"""
import re
import subprocess
import sys

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 320, 60, 44, 20, 48


def main(program):
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    text = done.stdout + done.stderr
    curve = [tuple(map(float, numbers)) for numbers in re.findall(
        r"growth (\d+) % a year: ([0-9.]+) of the trends found, ([0-9.]+) of what is found is false; "
        r"by the plain test ([0-9.]+),", text)]
    if len(curve) < 3:
        sys.exit("planted_test printed no curve")
    most = max(g for g, *_ in curve)

    def x(growth):
        return LEFT + growth / most * (WIDTH - LEFT - RIGHT)

    def y(share):
        return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)

    def line(points, colour):
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)
        dots = "".join(f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3.5" fill="{colour}"/>' for a, b in points)
        return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
             f'font-size="12"><rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             f'<text x="{LEFT}" y="22" font-size="14">Simulated worlds: how many planted trends are found at q = 0.05'
             '</text>']
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(share):.1f}" y2="{y(share):.1f}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 8}" y="{y(share) + 4:.1f}" text-anchor="end">{100 * share:.0f} %</text>')
    for growth, *_ in curve:
        parts.append(f'<text x="{x(growth):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{growth:.0f} %</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">growth a year of the '
                 'series with a trend</text>')
    parts.append(line([(g, plain) for g, _, _, plain in curve], "#999999"))
    parts.append(line([(g, power) for g, power, _, _ in curve], "#0b5fa5"))
    parts.append(line([(g, false) for g, _, false, _ in curve], "#c0392b"))
    parts.append(f'<text x="{x(most) - 4:.1f}" y="{y(1) - 8:.1f}" text-anchor="end" fill="#666666">found by the plain '
                 f'test</text><text x="{x(most) - 4:.1f}" y="{y(curve[-1][1]) + 22:.1f}" text-anchor="end" '
                 'fill="#0b5fa5">found, with what autocorrelation leaves</text>'
                 f'<text x="{x(most) - 4:.1f}" y="{y(0) - 14:.1f}" text-anchor="end" fill="#c0392b">false among what is '
                 'found</text></svg>')
    print("\n".join(parts))


if __name__ == "__main__":
    main(sys.argv[1])
