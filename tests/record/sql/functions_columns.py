"""The calls of the function tables again, over columns of several rows with a null among them.

Literals alone would be folded before any row is seen. Calls are grouped by the kinds of their
arguments; each group becomes one query with every argument a column, and one with only the first.
"""

import importlib.util
import re
from pathlib import Path

KINDS = [
    (r"'(?:[^'\\]|\\.)*'\Z", "string"),
    (r"-?\d+\Z", "int"),
    (r"-?\d+L\Z", "bigint"),
    (r"-?\d*\.\d+\Z", "decimal"),
    (r"-?[\d.]+(?:e[\d-]+)?D\Z", "double"),
    (r"DATE '[^']*'\Z", "date"),
    (r"TIMESTAMP '[^']*'\Z", "timestamp"),
    (r"TIMESTAMP_NTZ '[^']*'\Z", "ntz"),
    (r"X'[^']*'\Z", "binary"),
    (r"(?:true|false)\Z", "boolean"),
    (r"array\([-\d, NUL]+\)\Z", "ints"),
    (r"array\((?:'[^']*'|NULL|, )+\)\Z", "strings"),
    (r"map\(\d+, '[^)]*\)\Z", "int_map"),
    (r"map\('[^)]*\)\Z", "string_map"),
]
SKIPPED = {"raise_error", "randstr", "uniform", "window", "assert_true", "json_tuple", "shuffle"}


def _tables():
    here = Path(__file__).parent
    for module, names in (
        ("functions_scalar", ("STRING", "NUMBER", "CONDITION", "JSON")),
        ("functions_datetime", ("CALLS",)),
        ("functions_nested", ("CALLS",)),
    ):
        spec = importlib.util.spec_from_file_location(module, here / f"{module}.py")
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        for name in names:
            yield module.removeprefix("functions_"), getattr(loaded, name)


def arguments(text):
    """Splits at commas outside of parentheses and quotes."""
    parts, depth, quote, current, escaped = [], 0, False, "", False
    for char in text:
        if char == "'" and not escaped:
            quote = not quote
        escaped = char == "\\" and not escaped
        if not quote:
            depth += (char in "([<") - (char in ")]>")
        if char == "," and depth == 0 and not quote:
            parts.append(current.strip())
            current = ""
        else:
            current += char
    return [*parts, current.strip()] if current.strip() else parts


def kind(argument):
    return next((name for pattern, name in KINDS if re.match(pattern, argument)), None)


def _queries(name, table):
    groups = {}
    for call in table[name].split(" | "):
        values = arguments(call)
        kinds = tuple(kind(value) for value in values)
        if values and None not in kinds and "->" not in call:
            groups.setdefault(kinds, []).append(values)
    for kinds, calls in groups.items():
        letters = [chr(ord("a") + i) for i in range(len(kinds))]
        columns = ", ".join(letters)
        distinct = list(dict.fromkeys(", ".join(values) for values in calls))
        nulls = ", ".join("NULL" for _ in letters)
        rows = ", ".join(f"({row})" for row in [*distinct, nulls])
        yield f"SELECT {name}({columns}) AS r FROM VALUES {rows} AS t({columns})"
        firsts = list(dict.fromkeys(values[0] for values in calls))
        if len(kinds) > 1:
            rest = ", ".join(calls[0][1:])
            rows = ", ".join(f"({first})" for first in [*firsts, "NULL"])
            yield f"SELECT a, {name}(a, {rest}) AS r FROM VALUES {rows} AS t(a)"


def files():
    found = {}
    for group, table in _tables():
        for name in table:
            if name not in SKIPPED:
                found.setdefault(group, []).extend(_queries(name, table))
    for group, queries in found.items():
        yield f"functions/over_columns/{group}", list(dict.fromkeys(queries))
