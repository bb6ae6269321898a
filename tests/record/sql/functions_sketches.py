"""Sketches: top-k, count-min, HyperLogLog, theta and KLL.

Streams stay below the size at which a KLL sketch begins to throw dice.
"""

SOURCES = {
    "ints": "VALUES (1), (1), (2), (2), (3), (NULL) AS t(a)",
    "longs": "VALUES (1L), (10000000000L), (1L) AS t(a)",
    "strings": "VALUES ('a'), ('b'), ('a'), (''), (NULL) AS t(a)",
    "binary": "VALUES (X'61'), (X'62'), (X'61'), (X'') AS t(a)",
    "hundred": "(SELECT CAST(id % 100 AS INT) AS a FROM range(1000))",
    "thousand": "(SELECT id AS a FROM range(1000))",
    "tens": "(SELECT id AS a FROM range(20000))",
    "words": "(SELECT concat('w', id) AS a FROM range(5000))",
    "empty": "(SELECT 1 AS a WHERE false)",
    "nulls": "VALUES (CAST(NULL AS INT)) AS t(a)",
    "double": "VALUES (1.5D), (2.5D), (1.5D), (double('NaN')), (-0.0D), (0.0D) AS t(a)",
    "float": "VALUES (CAST(1.5 AS FLOAT)), (CAST(2.5 AS FLOAT)) AS t(a)",
    "decimal": "VALUES (1.5), (2.5), (1.5) AS t(a)",
    "boolean": "VALUES (true), (false), (true) AS t(a)",
    "date": "VALUES (DATE '2020-01-01'), (DATE '2020-01-02'), (DATE '2020-01-01') AS t(a)",
    "timestamp": "VALUES (TIMESTAMP '2020-01-01 00:00:00'), (TIMESTAMP '2020-01-01 00:00:01') AS t(a)",
    "bytes": "VALUES (CAST(1 AS TINYINT)), (CAST(2 AS TINYINT)) AS t(a)",
    "shorts": "VALUES (1S), (2S) AS t(a)",
    "arrays": "VALUES (array(1)), (array(2)) AS t(a)",
    "struct": "VALUES (struct(1)), (struct(2)) AS t(a)",
    "lcase": "(SELECT a COLLATE UTF8_LCASE AS a FROM VALUES ('a'), ('A'), ('b') AS t(a))",
    "trimmed": "(SELECT a COLLATE UTF8_BINARY_RTRIM AS a FROM VALUES ('a'), ('a '), ('b') AS t(a))",
}


def over(call, names=None):
    return [f"SELECT {call} FROM {SOURCES[name]}" for name in names or SOURCES]


def top_k():
    blocks = over("approx_top_k(a)") + over("approx_top_k(a, 2)", ["ints", "strings", "double"])
    blocks += [
        "SELECT approx_top_k(a, 2, 100) FROM VALUES (0), (0), (1), (1), (2), (3), (4), (4) AS t(a)",
        "SELECT approx_top_k(a, 0) FROM VALUES (1) AS t(a)",
        "SELECT approx_top_k(a, -1) FROM VALUES (1) AS t(a)",
        "SELECT approx_top_k(a, NULL) FROM VALUES (1) AS t(a)",
        "SELECT approx_top_k(a, 5, 2) FROM VALUES (1) AS t(a)",
        "SELECT approx_top_k(a, 5, 1000001) FROM VALUES (1) AS t(a)",
        "SELECT approx_top_k(a, 5, NULL) FROM VALUES (1) AS t(a)",
        "SELECT approx_top_k(a, 5, 0) FROM VALUES (1) AS t(a)",
        "SELECT approx_top_k(a, 'x') FROM VALUES (1) AS t(a)",
        "SELECT approx_top_k(a, a) FROM VALUES (1) AS t(a)",
        "SELECT approx_top_k(a, 5, a) FROM VALUES (1) AS t(a)",
        "SELECT approx_top_k()",
        "SELECT k, approx_top_k(a, 1) FROM VALUES ('x', 1), ('x', 1), ('y', 2) AS t(k, a) GROUP BY k",
        "SELECT approx_top_k(a, 3, 8) FROM (SELECT CASE WHEN id % 2 = 0 THEN 1 WHEN id % 3 = 0 THEN 2 ELSE id END AS a FROM range(60))",
    ]
    yield "sketch/approx_top_k", blocks
    states = ["ints", "strings", "decimal", "date", "empty", "boolean"]
    yield (
        "sketch/approx_top_k_accumulate",
        (
            over("approx_top_k_estimate(approx_top_k_accumulate(a))", states)
            + over("approx_top_k_estimate(approx_top_k_accumulate(a, 10), 1)", states)
            + [
                f"SELECT approx_top_k_estimate(approx_top_k_combine(s)) FROM (SELECT approx_top_k_accumulate(a) AS s FROM {SOURCES[name]} UNION ALL SELECT approx_top_k_accumulate(a) AS s FROM {SOURCES[name]})"
                for name in states
            ]
            + [
                "SELECT typeof(approx_top_k_accumulate(a)) FROM VALUES (1) AS t(a)",
                "SELECT typeof(approx_top_k_accumulate(a)) FROM VALUES ('x') AS t(a)",
                "SELECT typeof(approx_top_k_combine(s)) FROM (SELECT approx_top_k_accumulate(a) AS s FROM VALUES (1) AS t(a))",
                "SELECT approx_top_k_accumulate(a) FROM VALUES (1), (1), (2) AS t(a)",
                "SELECT approx_top_k_accumulate(a, 100) FROM VALUES ('x'), ('x'), ('y') AS t(a)",
                "SELECT approx_top_k_combine(s, 100) FROM (SELECT approx_top_k_accumulate(a, 100) AS s FROM VALUES ('x'), ('x'), ('y') AS t(a))",
                "SELECT approx_top_k_estimate(approx_top_k_combine(s, 30)) FROM (SELECT approx_top_k_accumulate(a, 10) AS s FROM VALUES (1), (1) AS t(a) UNION ALL SELECT approx_top_k_accumulate(a, 20) FROM VALUES (1), (2) AS t(a))",
                "SELECT approx_top_k_estimate(approx_top_k_combine(s)) FROM (SELECT approx_top_k_accumulate(a, 10) AS s FROM VALUES (1), (1) AS t(a) UNION ALL SELECT approx_top_k_accumulate(a, 20) FROM VALUES (1), (2) AS t(a))",
                "SELECT approx_top_k_accumulate(a, 0) FROM VALUES (1) AS t(a)",
                "SELECT approx_top_k_accumulate(a, NULL) FROM VALUES (1) AS t(a)",
                "SELECT approx_top_k_accumulate(a, 1000001) FROM VALUES (1) AS t(a)",
                "SELECT approx_top_k_accumulate(a) FROM VALUES (array(1)) AS t(a)",
                "SELECT approx_top_k_combine(a) FROM VALUES (1) AS t(a)",
                "SELECT approx_top_k_estimate(1)",
                "SELECT approx_top_k_estimate(NULL)",
                "SELECT approx_top_k_estimate(approx_top_k_accumulate(a), 0) FROM VALUES (1) AS t(a)",
                "SELECT approx_top_k_estimate(approx_top_k_accumulate(a), NULL) FROM VALUES (1) AS t(a)",
                "SELECT approx_top_k_estimate(named_struct('a', 1))",
            ]
        ),
    )


def count_min():
    names = [
        "ints",
        "longs",
        "strings",
        "binary",
        "empty",
        "double",
        "decimal",
        "date",
        "bytes",
        "shorts",
        "boolean",
        "arrays",
        "lcase",
    ]
    yield (
        "sketch/count_min_sketch",
        (
            over("hex(count_min_sketch(a, 0.5D, 0.5D, 1))", names)
            + over("hex(count_min_sketch(a, 0.1, 0.9, 42))", ["ints", "strings"])
            + [
                "SELECT count_min_sketch(a, 1.5D, 0.5D, 1) FROM VALUES (1) AS t(a)",
                "SELECT count_min_sketch(a, 0D, 0.5D, 1) FROM VALUES (1) AS t(a)",
                "SELECT count_min_sketch(a, 0.5D, 0D, 1) FROM VALUES (1) AS t(a)",
                "SELECT count_min_sketch(a, 0.5D, 1.5D, 1) FROM VALUES (1) AS t(a)",
                "SELECT count_min_sketch(a, NULL, 0.5D, 1) FROM VALUES (1) AS t(a)",
                "SELECT count_min_sketch(a, 0.5D, 0.5D, NULL) FROM VALUES (1) AS t(a)",
                "SELECT count_min_sketch(a, a, 0.5D, 1) FROM VALUES (1) AS t(a)",
                "SELECT count_min_sketch(a, 0.5D, a, 1) FROM VALUES (1) AS t(a)",
                "SELECT count_min_sketch(a, 0.5D, 0.5D, a) FROM VALUES (1) AS t(a)",
                "SELECT count_min_sketch(a, 0.5D, 0.5D) FROM VALUES (1) AS t(a)",
                "SELECT count_min_sketch(a, 'x', 0.5D, 1) FROM VALUES (1) AS t(a)",
                "SELECT k, hex(count_min_sketch(a, 0.9D, 0.3D, 7)) FROM VALUES ('x', 1), ('x', 1), ('y', 2) AS t(k, a) GROUP BY k",
            ]
        ),
    )


def hll():
    some = [
        "ints",
        "longs",
        "strings",
        "binary",
        "hundred",
        "thousand",
        "empty",
        "nulls",
        "double",
        "decimal",
        "date",
        "arrays",
        "lcase",
        "trimmed",
    ]
    yield (
        "sketch/hll",
        (
            over("hll_sketch_estimate(hll_sketch_agg(a))", [*some, "tens", "words"])
            + over(
                "hll_sketch_estimate(hll_sketch_agg(a, 8))",
                ["ints", "hundred", "thousand", "tens", "words"],
            )
            + over("hex(hll_sketch_agg(a, 4))", ["ints", "strings", "hundred", "thousand", "empty"])
            + over("length(hll_sketch_agg(a))", ["ints", "hundred", "thousand", "tens"])
            + [
                "SELECT hll_sketch_estimate(hll_union(hll_sketch_agg(a), hll_sketch_agg(b))) FROM VALUES (1, 4), (1, 4), (2, 5), (2, 5), (3, 6) AS t(a, b)",
                "SELECT hll_sketch_estimate(hll_union(hll_sketch_agg(a, 10), hll_sketch_agg(a, 14), true)) FROM range(500) AS t(a)",
                "SELECT hll_union(hll_sketch_agg(a, 10), hll_sketch_agg(a, 14)) FROM VALUES (1) AS t(a)",
                "SELECT hll_sketch_estimate(hll_union_agg(s)) FROM (SELECT hll_sketch_agg(a) AS s FROM range(1000) AS t(a) UNION ALL SELECT hll_sketch_agg(a) FROM range(500, 1500) AS t(a))",
                "SELECT hll_sketch_estimate(hll_union_agg(s, true)) FROM (SELECT hll_sketch_agg(a, 9) AS s FROM range(1000) AS t(a) UNION ALL SELECT hll_sketch_agg(a, 12) FROM range(500, 1500) AS t(a))",
                "SELECT hll_union_agg(s) FROM (SELECT stack(2, x, y) AS s FROM (SELECT hll_sketch_agg(a, 9) AS x, hll_sketch_agg(a, 12) AS y FROM range(10) AS t(a)))",
                "SELECT hex(hll_union_agg(s)) FROM (SELECT hll_sketch_agg(a, 4) AS s FROM range(3) AS t(a))",
                "SELECT hll_sketch_estimate(hll_union_agg(s)) FROM (SELECT CAST(NULL AS BINARY) AS s)",
                "SELECT hll_sketch_agg(a, 3) FROM VALUES (1) AS t(a)",
                "SELECT hll_sketch_agg(a, 22) FROM VALUES (1) AS t(a)",
                "SELECT hll_sketch_agg(a, NULL) FROM VALUES (1) AS t(a)",
                "SELECT hll_sketch_agg(a, a) FROM VALUES (1) AS t(a)",
                "SELECT hll_sketch_agg(a, 'x') FROM VALUES (1) AS t(a)",
                "SELECT hll_sketch_estimate(X'00')",
                "SELECT hll_sketch_estimate(X'')",
                "SELECT hll_sketch_estimate(NULL)",
                "SELECT hll_sketch_estimate(1)",
                "SELECT hll_union(X'00', X'00')",
                "SELECT hll_union(1, 2)",
                "SELECT hll_union(NULL, NULL)",
                "SELECT hll_union_agg(1)",
                "SELECT hll_sketch_agg()",
                "SELECT k, hll_sketch_estimate(hll_sketch_agg(a)) FROM VALUES ('x', 1), ('x', 1), ('y', 2), ('x', 3) AS t(k, a) GROUP BY k",
            ]
        ),
    )


def theta():
    some = [
        "ints",
        "longs",
        "strings",
        "binary",
        "hundred",
        "thousand",
        "tens",
        "words",
        "empty",
        "nulls",
        "double",
        "float",
        "decimal",
        "date",
        "boolean",
        "arrays",
        "lcase",
        "trimmed",
    ]
    two = "(SELECT theta_sketch_agg(a) AS x, theta_sketch_agg(b) AS y FROM (SELECT id AS a, id + 300 AS b FROM range(1000)))"
    big = "(SELECT theta_sketch_agg(a, 8) AS x, theta_sketch_agg(b, 9) AS y FROM (SELECT id AS a, id + 300 AS b FROM range(3000)))"
    small = "(SELECT theta_sketch_agg(a) AS x, theta_sketch_agg(b) AS y FROM VALUES (1, 4), (2, 2), (3, 5) AS t(a, b))"
    blocks = over("theta_sketch_estimate(theta_sketch_agg(a))", some)
    blocks += over(
        "theta_sketch_estimate(theta_sketch_agg(a, 5))", ["ints", "hundred", "thousand", "tens"]
    )
    blocks += over(
        "hex(theta_sketch_agg(a))",
        ["ints", "strings", "longs", "double", "float", "empty", "binary"],
    )
    blocks += over("hex(theta_sketch_agg(a, 4))", ["hundred"])
    for operation in ("theta_union", "theta_intersection", "theta_difference"):
        blocks += [
            f"SELECT theta_sketch_estimate({operation}(x, y)), theta_sketch_estimate({operation}(y, x)) FROM {source}"
            for source in (two, big, small)
        ]
        blocks += [f"SELECT hex({operation}(x, y)) FROM {small}"]
        blocks += [
            f"SELECT {operation}({arguments})"
            for arguments in ("NULL, NULL", "X'00', X'00'", "1, 2", "X''", "X'', X''")
        ]
    blocks += [
        f"SELECT theta_sketch_estimate(theta_union(x, y, {n})) FROM {big}"
        for n in ("4", "12", "3", "27", "NULL", "'x'")
    ]
    for name in ("theta_union_agg", "theta_intersection_agg"):
        blocks += [
            f"SELECT theta_sketch_estimate({name}(s)) FROM (SELECT theta_sketch_agg(a) AS s FROM range(1000) AS t(a) UNION ALL SELECT theta_sketch_agg(a) FROM range(500, 1500) AS t(a))",
            f"SELECT theta_sketch_estimate({name}(s)) FROM (SELECT theta_sketch_agg(a, 6) AS s FROM range(1000) AS t(a) UNION ALL SELECT theta_sketch_agg(a, 7) FROM range(500, 1500) AS t(a))",
            f"SELECT {name}(s) FROM (SELECT CAST(NULL AS BINARY) AS s)",
            f"SELECT {name}(s) FROM (SELECT X'00' AS s)",
            f"SELECT {name}(1)",
        ]
    blocks += [
        "SELECT theta_sketch_estimate(theta_union_agg(s, 5)) FROM (SELECT theta_sketch_agg(a) AS s FROM range(1000) AS t(a))"
    ]
    blocks += [
        f"SELECT theta_sketch_agg(a, {n}) FROM VALUES (1) AS t(a)"
        for n in ("3", "27", "NULL", "a", "'x'")
    ]
    blocks += [
        "SELECT theta_sketch_estimate(NULL)",
        "SELECT theta_sketch_estimate(X'00')",
        "SELECT theta_sketch_estimate(1)",
        "SELECT theta_sketch_agg()",
    ]
    yield "sketch/theta", blocks


def kll():
    sources = {
        "bigint": [
            "VALUES (1), (2), (3), (4), (5), (NULL) AS t(a)",
            "VALUES (1L), (100L) AS t(a)",
            "VALUES (CAST(1 AS TINYINT)) AS t(a)",
            "(SELECT id AS a FROM range(100))",
        ],
        "double": [
            "VALUES (1.5D), (2.5D), (NULL), (-1D) AS t(a)",
            "VALUES (CAST(1.5 AS FLOAT)) AS t(a)",
            "(SELECT CAST(id AS DOUBLE) AS a FROM range(100))",
            "VALUES (1), (2) AS t(a)",
            "VALUES (1L), (2L) AS t(a)",
        ],
        "float": [
            "VALUES (CAST(1.5 AS FLOAT)), (CAST(2.5 AS FLOAT)), (NULL) AS t(a)",
            "(SELECT CAST(id AS FLOAT) AS a FROM range(100))",
            "VALUES (1), (2) AS t(a)",
        ],
    }
    for kind, tables in sources.items():
        agg, n, rank, quantile, text, merge, merged = (
            f"kll_sketch_agg_{kind}",
            f"kll_sketch_get_n_{kind}",
            f"kll_sketch_get_rank_{kind}",
            f"kll_sketch_get_quantile_{kind}",
            f"kll_sketch_to_string_{kind}",
            f"kll_sketch_merge_{kind}",
            f"kll_merge_agg_{kind}",
        )
        blocks = []
        for table in tables:
            blocks += [
                f"SELECT {n}({agg}(a)) FROM {table}",
                f"SELECT {quantile}({agg}(a), 0.5) FROM {table}",
                f"SELECT {quantile}({agg}(a), array(0.0, 0.25, 0.5, 1.0)) FROM {table}",
                f"SELECT {rank}({agg}(a), 2) FROM {table}",
                f"SELECT {rank}({agg}(a), array(1, 2, 3)) FROM {table}",
                f"SELECT {text}({agg}(a)) FROM {table}",
                f"SELECT {n}({merge}(s, s)), {quantile}({merge}(s, s), 0.5) FROM (SELECT {agg}(a) AS s FROM {table})",
                f"SELECT {n}({merged}(s)) FROM (SELECT {agg}(a) AS s FROM {table} UNION ALL SELECT {agg}(a) FROM {table})",
                f"SELECT hex({agg}(a, 8)) FROM (SELECT * FROM {table} LIMIT 6)",
            ]
        one = "VALUES (CAST(1 AS FLOAT)) AS t(a)" if kind == "float" else "VALUES (1) AS t(a)"
        blocks += [f"SELECT {agg}(a, {k}) FROM {one}" for k in ("7", "65536", "NULL", "a", "'x'")]
        blocks += [
            f"SELECT {n}({agg}(a)) FROM (SELECT * FROM {one} WHERE false)",
            f"SELECT {quantile}({agg}(a), 0.5) FROM (SELECT * FROM {one} WHERE false)",
            f"SELECT {text}({agg}(a)) FROM (SELECT * FROM {one} WHERE false)",
            f"SELECT hex({agg}(a)) FROM {one}",
            f"SELECT {agg}('x')",
            f"SELECT {agg}(1.5)",
            f"SELECT {n}(NULL), {n}(X'00')",
            f"SELECT {n}(X'00')",
            f"SELECT {n}(1)",
            f"SELECT {quantile}({agg}(a), 1.5) FROM {one}",
            f"SELECT {quantile}({agg}(a), NULL) FROM {one}",
            f"SELECT {quantile}({agg}(a), a) FROM {one}",
            f"SELECT {rank}({agg}(a), NULL) FROM {one}",
            f"SELECT {rank}({agg}(a), 'x') FROM {one}",
            f"SELECT {merge}(X'00', X'00')",
            f"SELECT {merge}(NULL, NULL)",
            f"SELECT {merged}(X'00')",
            f"SELECT {text}(X'00')",
        ]
        yield f"sketch/kll_{kind}", blocks


def files():
    for source in (top_k, count_min, hll, theta, kll):
        for path, blocks in source():
            yield f"functions/{path}", list(dict.fromkeys(blocks))
