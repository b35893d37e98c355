"""Reads an exposition of metrics from standard input with Prometheus' own parser, and by the letter of the
format; prints the families as JSON. Ends with 1 and says why when something is wrong."""
import json
import re
import sys

from prometheus_client.parser import text_string_to_metric_families

NAME = r"securechat_[a-z0-9_]+"
LABEL = r'[a-z_]+="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(\{{{LABEL}(?:,{LABEL})*\}})? (-?[0-9][0-9.e+-]*|\+Inf|NaN)")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}


def check_letters(text):
    """Each family once: HELP, TYPE, then all of its samples, each series once."""
    family, kind, done, series = None, None, set(), set()
    assert text.endswith("\n"), "the last line ends"
    lines = iter(text[:-1].split("\n"))
    for line in lines:
        if line.startswith("# HELP "):
            _, _, family, told = line.split(" ", 3)
            assert re.fullmatch(NAME, family), line
            assert told.endswith(".") and "\\" not in told, f"a sentence: {line}"
            assert family not in done, f"{family} comes once"
            done.add(family)
            kind = re.fullmatch(rf"# TYPE {family} (counter|gauge|histogram)", next(lines)).group(1)
            assert (kind == "counter") == family.endswith("_total"), f"{family} is a {kind}"
            continue
        match = SAMPLE.fullmatch(line)
        assert match, f"no sample: {line}"
        assert match.group(1) in [family + end for end in SUFFIXES.get(kind, ("",))], f"{line} stands under {family}"
        assert match.group(0).rsplit(" ", 1)[0] not in series, f"{line} is there twice"
        series.add(match.group(0).rsplit(" ", 1)[0])
        assert kind == "gauge" or float(match.group(3)) >= 0, line


def check_histogram(family):
    buckets = [(float(s.labels["le"]), s.value) for s in family.samples if s.name.endswith("_bucket")]
    assert buckets == sorted(buckets) and buckets[-1][0] == float("inf"), f"{family.name}: bounds rise to +Inf"
    assert [b[1] for b in buckets] == sorted(b[1] for b in buckets), f"{family.name}: counts are cumulative"
    count = next(s.value for s in family.samples if s.name.endswith("_count"))
    assert count == buckets[-1][1], f"{family.name}: the count is that of the last bucket"


def main():
    text = sys.stdin.read()
    check_letters(text)
    families = {}
    for family in text_string_to_metric_families(text):
        if family.type == "histogram":
            check_histogram(family)
        families[family.name] = {
            "type": family.type,
            "samples": [{"name": s.name, "labels": s.labels, "value": s.value} for s in family.samples if s.value == s.value],
        }
    json.dump(families, sys.stdout)


try:
    main()
except AssertionError as error:
    sys.exit(f"the exposition is wrong: {error}")
