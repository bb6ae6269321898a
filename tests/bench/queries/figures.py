"""Figures side by side: rounds are timed, tables printed, failures kept."""

import statistics
import sys
import time

from answers import first_line


class Figures:
    """One table: a row per measurement, a column per engine, ratios of the first to the others."""

    def __init__(self, title, engines):
        self.title, self.engines = title, engines
        self.rows = []
        self.failures = []

    def add(self, label, values, digits=2, ratios=True):
        """`values` by engine; an engine without one shows a dash."""
        self.rows.append((label, values, digits, ratios))

    def add_total(self):
        """Only of engines with a value in every row: a total without some says nothing."""
        columns = {name: [row[1].get(name) for row in self.rows] for name in self.engines}
        whole = {name: sum(all) for name, all in columns.items() if None not in all}
        self.add("total", whole)

    def fail(self, label, engine, error):
        self.failures.append(f"{label}: {engine}: {error}")
        say(f"FAILED {label}: {engine}: {first_line(error)}")

    def print(self, with_ratios=True):
        first, *others = self.engines if with_ratios else self.engines[:1]
        heads = [*self.engines, *(f"{first} / {other}" for other in others)]
        print(f"\n| {self.title} | " + " | ".join(heads) + " |")
        print("|---|" + "---:|" * len(heads))
        for label, values, digits, has_ratios in self.rows:
            cells = [number(values.get(engine), digits) for engine in self.engines]
            cells += [
                ratio(values.get(first), values.get(other)) if has_ratios else ""
                for other in others
            ]
            print(f"| {label} | " + " | ".join(cells) + " |")
        for failure in self.failures:
            print(f"\nFAILED {failure}")


def number(value, digits):
    return "–" if value is None else f"{value:,.{digits}f}"


def ratio(one, other):
    return f"{one / other:.2f}" if one is not None and other else "–"


def median(times):
    return statistics.median(times) if times else None


def timed(action):
    began = time.perf_counter()
    answer = action()
    return time.perf_counter() - began, answer


def say(text):
    print(text, file=sys.stderr, flush=True)
