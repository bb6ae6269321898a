"""What the names of `pyspark.sql.functions` send: `python tests/record/surface.py` rewrites `fixtures/surface/pyspark-functions.txt`.

No server is needed: the real client builds each call, and the message tells which function or which kind of expression it is.
A class of Python's own, which sends nothing, is written as `python class`.
"""

import inspect
import itertools
from pathlib import Path

import pyspark
import pyspark.sql.connect.functions.builtin as connect
import pyspark.sql.functions as functions
from pyspark.sql.connect.proto import expressions_pb2

TARGET = (
    Path(__file__).resolve().parent.parent.parent / "fixtures" / "surface" / "pyspark-functions.txt"
)
# What wraps, marks or calls by name is no call that could be built here.
WRAPPERS = {
    "arrow_udf": "expression common_inline_user_defined_function",
    "arrow_udtf": "relation common_inline_user_defined_table_function",
    "broadcast": "relation hint",
    "call_function": "expression call_function",
    "call_udf": "expression unresolved_function",
    "lit": "expression literal",
    "pandas_udf": "expression common_inline_user_defined_function",
    "udf": "expression common_inline_user_defined_function",
    "udtf": "relation common_inline_user_defined_table_function",
    "unwrap_udt": "function unwrap_udt",
}
CANDIDATES = [
    lambda: connect.col("c"),
    lambda: 1,
    lambda: 256,
    lambda: "c",
    lambda: (lambda x: x),
    lambda: (lambda x, y: x),
    lambda: (lambda x, y, z: x),
    lambda: [connect.col("c")],
]


def names():
    """Every public name that is a function of Spark's, old spellings included."""
    public = set(functions.__all__)
    for name, value in vars(functions).items():
        home = getattr(value, "__module__", "") or ""
        if (
            not name.startswith("_")
            and callable(value)
            and home.startswith("pyspark.sql.functions")
        ):
            public.add(name)
    return sorted(public)


def required(function):
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    found = [p for p in parameters if p.kind in kinds]
    least = sum(p.default is p.empty for p in found)
    variadic = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
    return least, len(found) + (3 if variadic else 0)


def plans(function):
    """The messages that calls with few arguments make."""
    least, most = required(function)
    for n_arguments in range(least, most + 1):
        for makers in itertools.product(CANDIDATES, repeat=min(n_arguments, 3)):
            arguments = [make() for make in makers] + [connect.col("c")] * (
                n_arguments - len(makers)
            )
            try:
                column = function(*arguments)
                yield column._expr.to_plan(None)
            except Exception:  # noqa: BLE001, S112  whatever the client refuses is the wrong argument
                continue


def innermost(plan):
    """What the call became, aliases apart."""
    while plan.WhichOneof("expr_type") == "alias":
        plan = plan.alias.expr
    kind = plan.WhichOneof("expr_type")
    if kind == "unresolved_function":
        return f"function {plan.unresolved_function.function_name}"
    return f"expression {kind}"


def meaning(name):
    value = getattr(functions, name)
    if inspect.isclass(value):
        return "python class"
    if name in WRAPPERS:
        return WRAPPERS[name]
    function = getattr(connect, name)
    for plan in plans(function):
        return innermost(plan)
    raise SystemExit(f"no call of {name} can be built: {inspect.signature(function)}")


def main():
    assert expressions_pb2.Expression.DESCRIPTOR is not None
    lines = [
        f"# What each name of pyspark.sql.functions {pyspark.__version__} sends; written by tests/record/surface.py."
    ]
    lines += [f"{name} {meaning(name)}" for name in names()]
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
