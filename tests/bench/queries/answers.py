"""Whether two engines gave the same answer.

Types may differ where Spark and SQL differ: a quotient is a decimal of its own scale here and a
double there. So numbers are compared with a tolerance, the rest exactly, rows in any order.
"""

import datetime
import decimal
import hashlib
import math

import pyarrow.compute as pc

# Spark keeps at least six digits behind the point when it has to shorten a quotient; the last of
# them is rounded here and cut off there.
TOLERANCE = 2e-6


def difference(ours, theirs):
    """None, or a sentence on the first difference."""
    if ours.num_columns != theirs.num_columns:
        return f"{ours.num_columns} columns instead of {theirs.num_columns}"
    if ours.num_rows != theirs.num_rows:
        return f"{ours.num_rows} rows instead of {theirs.num_rows}"
    for at, (mine, other) in enumerate(zip(rows(ours), rows(theirs), strict=True)):
        if not all(map(same, mine, other)):
            return f"row {at} in sorted order is {mine} instead of {other}"
    return None


def rows(table):
    columns = [[plain(value) for value in column.to_pylist()] for column in table.columns]
    return sorted(zip(*columns, strict=True), key=in_order)


def in_order(row):
    # Exact values first, so that rounding does not decide where a row stands.
    exact = [str(value) for value in row if not isinstance(value, float)]
    return exact, [f"{value:+.3e}" for value in row if isinstance(value, float)]


def plain(value):
    match value:
        case bool() | None:
            return str(value)
        case int() | float() | decimal.Decimal():
            return float(value)
        case datetime.date():
            return value.isoformat()
        case _:
            return value


def same(one, other):
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return one == other


def checksum(table):
    """For tables too large to be compared row by row: sums of numbers, lengths of texts."""
    sums = [table.num_rows]
    for column in table.columns:
        kind = str(column.type)
        if "string" in kind:
            column = pc.binary_length(column.cast("string"))
        elif kind == "bool":
            column = column.cast("int8")
        sums.append(f"{float(pc.sum(column.cast('float64')).as_py()):.9e}")
    return hashlib.sha256(repr(sums).encode()).hexdigest()[:12]


def first_line(error):
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else repr(error)
