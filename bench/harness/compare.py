"""Runs a row's contenders in turn and compares them round by round."""

import statistics


def value_of(result, metric):
    for part in metric.split("."):
        result = result[part]
    return result


def measure_row(row, setup, rounds, say):
    """A B C, then C B A, and so on: what drifts on the machine drifts for all of them."""
    runs = {name: [] for name in row.contenders}
    names = list(row.contenders)
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            result = row.contenders[name].measure(setup)
            runs[name].append(result)
            say(f"    {name:9} {value_of(result, row.metric):14,.1f} {row.unit}")
    return {
        "title": row.title,
        "metric": row.metric,
        "unit": row.unit,
        "rounds": rounds,
        "contenders": {name: summary(row, results) for name, results in runs.items()},
        "bars": [judge(bar, runs) for bar in row.bars],
    }


def summary(row, results):
    values = [value_of(result, row.metric) for result in results]
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values), "runs": results}


def judge(bar, runs):
    """The bar's value in each round, and the median of them."""
    values = [value_of(result, bar.metric) for result in runs[bar.of]]
    if bar.against:
        base = [value_of(result, bar.metric) for result in runs[bar.against]]
        values = [of / against if against else float("inf") for of, against in zip(values, base)]
    median = statistics.median(values)
    return {
        "of": bar.of,
        "against": bar.against,
        "metric": bar.metric,
        "bar": bar.text(),
        "value": median,
        "lowest": min(values),
        "highest": max(values),
        "met": bar.met_by(median),
    }
