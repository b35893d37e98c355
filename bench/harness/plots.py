"""Bar charts as SVG, with a logarithmic axis: the servers differ by factors of ten and more."""

import html
import math

WIDTH = 760
LEFT = 120
RIGHT = 150
BAR = 22
GAP = 8
GROUP_GAP = 22
TOP = 56
COLOURS = {"ours": "#2f6fb2", "durable": "#2f6fb2", "plain": "#6ea3d6", "raw": "#999999", "raw-each": "#bbbbbb", "raw-one": "#999999",
           "raw-many": "#bbbbbb", "socketio": "#c2652a", "ws": "#d9a03f", "lws": "#7a9a4a"}
OTHERS = ("#2f6fb2", "#6ea3d6", "#a8c8e8", "#c2652a")


def text(x, y, content, anchor="start", size=13, weight="normal"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}" '
            f'font-weight="{weight}">{html.escape(content)}</text>')


def readable(value):
    for limit, suffix in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{suffix}"
    return f"{value:.3g}"


def bar_chart(title, unit, groups):
    """`groups` maps a label to the values of its bars by name."""
    values = [value for bars in groups.values() for value in bars.values() if value > 0]
    low = 10 ** math.floor(math.log10(min(values)) - 0.001)
    high = max(values)
    span = math.log10(high / low) or 1
    scale = (WIDTH - LEFT - RIGHT) / span
    parts = [text(16, 26, title, size=16, weight="bold"), text(16, 44, f"{unit}, logarithmic", size=12)]
    y = TOP + 10
    for label, bars in groups.items():
        if label:
            parts.append(text(16, y + 12, label, weight="bold"))
            y += 20
        for index, (name, value) in enumerate(bars.items()):
            length = max(math.log10(max(value, low) / low) * scale, 2)
            colour = COLOURS.get(name, OTHERS[index % len(OTHERS)])
            parts.append(text(LEFT - 8, y + BAR - 6, name, "end"))
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>')
            parts.append(text(LEFT + length + 6, y + BAR - 6, readable(value)))
            y += BAR + GAP
        y += GROUP_GAP
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" '
            f'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n')


# Each chart: its file, its title, and the rows in it with their labels.
CHARTS = (
    ("fanout.svg", "Fan-out, 16 messages in flight",
     (("fanout-100", "to 100"), ("fanout-1000", "to 1000"), ("fanout-10000", "to 10,000"))),
    ("single.svg", "Fan-out, one message in flight", (("single-1000", "to 1000"), ("single-10000", "to 10,000"))),
    ("publishers.svg", "Fan-out to 1000 from 16 publishers", (("publishers", ""),)),
    ("tls.svg", "Fan-out to 1000 over TLS 1.3", (("tls", ""),)),
    ("history.svg", "Fan-out to 1000 by chat.history, acknowledged", (("history", ""),)),
    ("latency.svg", "p99 of a delivery, 40 messages a second to 1000", (("latency", ""),)),
    ("logins.svg", "p99 of a delivery while people log in", (("logins", ""),)),
    ("memory.svg", "Memory of an idle connection", (("memory", ""), ("memory-tls", "over TLS"))),
    ("handshakes.svg", "Handshakes while 5000 connections stay", (("handshakes", ""),)),
    ("rooms.svg", "Deliveries by the number of rooms", (("rooms", ""),)),
)


def write_charts(folder, rows):
    for name, title, members in CHARTS:
        groups = {}
        unit = ""
        for key, label in members:
            if key in rows:
                unit = rows[key]["unit"]
                groups[label] = {n: c["median"] for n, c in rows[key]["contenders"].items()}
        if groups:
            (folder / name).write_text(bar_chart(title, unit, groups))
