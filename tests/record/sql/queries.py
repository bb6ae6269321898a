"""Matrices of query clauses: joins, set operations, ordering, frames, grouping sets, subqueries, pivots."""

import itertools

LEFT = "VALUES (1, 'a'), (1, 'b'), (2, 'c'), (NULL, 'd'), (3, NULL) AS l(k, v)"
RIGHT = "VALUES (1, 'a'), (2, 'x'), (2, 'y'), (NULL, 'd'), (4, NULL) AS r(k, w)"
BOTH = "VALUES (1, 'a'), (2, 'c'), (NULL, 'd'), (5, 'e') AS r(k, v)"
JOINS = [
    "JOIN",
    "LEFT JOIN",
    "RIGHT JOIN",
    "FULL JOIN",
    "LEFT SEMI JOIN",
    "LEFT ANTI JOIN",
    "CROSS JOIN",
]
CONDITIONS = [
    "ON l.k = r.k",
    "ON l.k <=> r.k",
    "ON l.k < r.k",
    "ON l.k = r.k AND l.v = r.w",
    "ON l.k = r.k AND r.w = 'x'",
    "ON l.k = r.k AND l.v = 'a'",
    "ON l.k = r.k OR l.v = r.w",
    "ON l.k + 1 = r.k",
    "ON l.k = CAST(r.k AS STRING)",
    "ON true",
    "ON false",
    "ON NULL",
    "ON l.v IS NULL",
    "",
]


def _joins():
    for join, condition in itertools.product(JOINS, CONDITIONS):
        yield f"SELECT * FROM {LEFT} {join} {RIGHT} {condition}".rstrip()
    for join in JOINS[:-1]:
        yield f"SELECT * FROM {LEFT} {join} {BOTH} USING (k)"
        yield f"SELECT * FROM {LEFT} {join} {BOTH} USING (k, v)"
        yield f"SELECT k, l.v FROM {LEFT} {join} {BOTH} USING (k) WHERE k IS NOT NULL"
        yield f"SELECT * FROM {LEFT} NATURAL {join} {BOTH}"
        yield f"SELECT count(*), count(l.k) FROM {LEFT} {join} {RIGHT} ON l.k = r.k"
        yield f"SELECT * FROM {LEFT} {join} (SELECT k AS kk, count(*) AS n FROM {RIGHT} GROUP BY k) ON k = kk"
    for first, second in itertools.product(["JOIN", "LEFT JOIN", "FULL JOIN"], repeat=2):
        yield (
            f"SELECT l.k, r.w, z.v FROM {LEFT} {first} {RIGHT} ON l.k = r.k "
            f"{second} VALUES (1, 'q'), (9, 's') AS z(k, v) ON l.k = z.k"
        )
        yield f"SELECT * FROM {LEFT} {first} {BOTH} USING (k) {second} VALUES (1), (9) AS z(k) USING (k)"


TYPED = {
    "int": "VALUES (3), (NULL), (1), (1)",
    "double": "VALUES (double('NaN')), (NULL), (1D), (-0D), (0D), (double('-Infinity')), (double('Infinity'))",
    "string": "VALUES ('b'), (NULL), ('B'), ('a'), (''), ('é'), ('Z'), ('10'), ('9')",
    "decimal": "VALUES (1.50), (NULL), (-2.25), (1.5)",
    "date": "VALUES (DATE '2020-01-01'), (NULL), (DATE '0001-01-01'), (DATE '9999-12-31')",
    "timestamp": "VALUES (TIMESTAMP '2020-01-01 00:00:00'), (NULL), (TIMESTAMP '1969-12-31 23:59:59.999999')",
    "boolean": "VALUES (true), (NULL), (false)",
    "binary": "VALUES (X'02'), (NULL), (X'01FF'), (X''), (X'FF')",
    "array": "VALUES (array(2)), (NULL), (array(1, 5)), (array()), (array(NULL, 1)), (array(1))",
    "struct": "VALUES (named_struct('x', 2, 'y', 'a')), (NULL), (named_struct('x', NULL, 'y', 'z')), (named_struct('x', 1, 'y', NULL))",
    "interval": "VALUES (INTERVAL '1' DAY), (NULL), (INTERVAL '-3' DAY)",
}


def _ordering():
    for source in TYPED.values():
        for order in ("", "ASC", "DESC", "NULLS LAST", "DESC NULLS FIRST"):
            yield f"SELECT a FROM {source} AS t(a) ORDER BY a {order}".rstrip()
        yield f"SELECT DISTINCT a FROM {source} AS t(a)"
        yield f"SELECT a, count(*) FROM {source} AS t(a) GROUP BY a"
        yield f"SELECT min(a), max(a), count(a), count(DISTINCT a) FROM {source} AS t(a)"
        yield f"SELECT a, dense_rank() OVER (ORDER BY a) AS r FROM {source} AS t(a)"
        yield f"SELECT a FROM {source} AS t(a) UNION SELECT a FROM {source} AS t(a)"
        yield f"SELECT a FROM {source} AS t(a) INTERSECT SELECT a FROM {source} AS t(a)"
        yield f"SELECT a FROM {source} AS t(a) EXCEPT SELECT a FROM {source} AS t(a) LIMIT 1"
        yield f"SELECT l.a FROM {source} AS l(a) JOIN {source} AS r(a) ON l.a = r.a"
        yield f"SELECT a FROM {source} AS t(a) WHERE a IN (SELECT a FROM {source} AS s(a))"
        yield f"SELECT collect_list(a), sort_array(collect_set(a)) FROM {source} AS t(a)"
        yield f"SELECT first(a), last(a), first(a, true), any_value(a, true) FROM {source} AS t(a)"
        yield f"SELECT coalesce(a, a), nullif(a, a), a IS NULL, a <=> NULL FROM {source} AS t(a)"
        yield f"SELECT greatest(a, a), least(a, NULL), CASE WHEN a IS NULL THEN a ELSE a END FROM {source} AS t(a)"
        yield f"SELECT typeof(a), CAST(a AS STRING), hash(a), xxhash64(a) FROM {source} AS t(a)"
        yield f"SELECT lag(a) OVER (ORDER BY a), lead(a, 1, a) OVER (ORDER BY a) FROM {source} AS t(a)"


SERIES = "VALUES ('x', 1, 10), ('x', 2, 20), ('x', 2, 25), ('x', 4, NULL), ('x', 7, 70), ('y', 1, 5), ('y', NULL, 6) AS t(k, o, v)"
FUNCTIONS = [
    "sum(v)",
    "count(*)",
    "min(v)",
    "max(v)",
    "avg(v)",
    "first_value(v)",
    "last_value(v)",
    "collect_list(v)",
    "nth_value(v, 2)",
]
BOUNDS = [
    "UNBOUNDED PRECEDING",
    "2 PRECEDING",
    "1 PRECEDING",
    "CURRENT ROW",
    "1 FOLLOWING",
    "2 FOLLOWING",
    "UNBOUNDED FOLLOWING",
]


def _frames():
    for unit in ("ROWS", "RANGE"):
        for i, start in enumerate(BOUNDS[:-1]):
            for end in BOUNDS[max(i, 1) :]:
                if start == end == "CURRENT ROW" or start != end:
                    frame = f"{unit} BETWEEN {start} AND {end}"
                    calls = ", ".join(
                        f"{f} OVER (PARTITION BY k ORDER BY o {frame}) AS f{n}"
                        for n, f in enumerate(FUNCTIONS[:4])
                    )
                    yield f"SELECT k, o, v, {calls} FROM {SERIES}"
    for function in FUNCTIONS:
        for over in (
            "PARTITION BY k",
            "PARTITION BY k ORDER BY o, v",
            "PARTITION BY k ORDER BY o DESC, v",
            "ORDER BY k, o, v",
            "PARTITION BY k ORDER BY o, v ROWS 1 PRECEDING",
            "PARTITION BY k ORDER BY o, v ROWS CURRENT ROW",
            "PARTITION BY k ORDER BY o RANGE UNBOUNDED PRECEDING",
        ):
            yield f"SELECT k, o, v, {function} OVER ({over}) AS r FROM {SERIES}"
    for order in ("DATE '2020-01-01' + o", "TIMESTAMP '2020-01-01 00:00:00' + make_dt_interval(o)"):
        for bound in (
            "INTERVAL '1' DAY PRECEDING AND CURRENT ROW",
            "INTERVAL '2' DAY PRECEDING AND INTERVAL '1' DAY FOLLOWING",
        ):
            yield f"SELECT k, o, sum(v) OVER (PARTITION BY k ORDER BY {order} RANGE BETWEEN {bound}) AS r FROM {SERIES}"
    for value in ("1.5", "0", "-1", "NULL", "'a'"):
        yield f"SELECT sum(v) OVER (ORDER BY o RANGE BETWEEN {value} PRECEDING AND CURRENT ROW) FROM {SERIES}"
        yield f"SELECT sum(v) OVER (ORDER BY o ROWS BETWEEN {value} PRECEDING AND CURRENT ROW) FROM {SERIES}"


SALES = "VALUES ('n', 'a', 2020, 10), ('n', 'b', 2020, 20), ('s', 'a', 2021, 5), ('s', NULL, 2021, 7), (NULL, 'b', 2020, 1) AS t(r, p, y, n)"
GROUPINGS = [
    "GROUP BY r",
    "GROUP BY r, p",
    "GROUP BY ALL",
    "GROUP BY ROLLUP(r, p)",
    "GROUP BY CUBE(r, p)",
    "GROUP BY r, p WITH ROLLUP",
    "GROUP BY r, p WITH CUBE",
    "GROUP BY GROUPING SETS ((r, p), (r), ())",
    "GROUP BY GROUPING SETS (r, p)",
    "GROUP BY GROUPING SETS ((r, p), (r, p))",
    "GROUP BY GROUPING SETS (ROLLUP(r, p))",
    "GROUP BY GROUPING SETS ((r), CUBE(p))",
    "GROUP BY r, ROLLUP(p)",
    "GROUP BY ROLLUP(r), CUBE(p)",
    "GROUP BY r, GROUPING SETS ((p), ())",
    "GROUP BY ROLLUP((r, p))",
    "GROUP BY GROUPING SETS (())",
    "GROUP BY ()",
]


def _grouping():
    # Keys that cannot be null by themselves, and what is computed of them.
    for clause in "CUBE(k)", "ROLLUP(id, k)", "GROUPING SETS ((id), (k), ())":
        yield f"SELECT 1 AS k, count(*) FROM range(2) GROUP BY {clause.replace('id, k', 'k, id').replace('(id)', '(id % 2)')}"
        yield f"SELECT k + 1, coalesce(k, 0), k IS NULL, count(*) FROM (SELECT id, id AS k FROM range(2)) GROUP BY {clause}"
        yield f"SELECT concat('x', k), k = 1, count(*) FROM (SELECT id, 1 AS k FROM range(2)) GROUP BY {clause}"
    for grouping in GROUPINGS:
        yield f"SELECT r, p, sum(n), count(*) FROM {SALES} {grouping}"
        yield f"SELECT r, p, grouping(r), grouping(p), grouping_id(r, p), sum(n) FROM {SALES} {grouping}"
        yield f"SELECT r, p, sum(n) AS s FROM {SALES} {grouping} HAVING s > 6 ORDER BY s, r, p"
        yield f"SELECT sum(n), avg(y), count(DISTINCT p) FROM {SALES} {grouping}"
    yield from (
        f"SELECT r, p, grouping_id() FROM {SALES} GROUP BY CUBE(r, p) ORDER BY 3, 1, 2",
        f"SELECT upper(r) AS u, sum(n) FROM {SALES} GROUP BY ROLLUP(upper(r))",
        f"SELECT r, sum(n) FILTER (WHERE p = 'a') FROM {SALES} GROUP BY ROLLUP(r)",
        f"SELECT coalesce(r, 'all') AS c, sum(n) FROM {SALES} GROUP BY ROLLUP(r)",
        f"SELECT r FROM {SALES} GROUP BY ROLLUP(r) HAVING grouping(r) = 1",
        f"SELECT r, rank() OVER (ORDER BY sum(n)) FROM {SALES} GROUP BY ROLLUP(r)",
    )


SUB = "VALUES (1, 'a'), (2, 'b'), (NULL, 'c') AS o(k, v)"
INNER = "VALUES (1, 10), (1, 20), (3, 30), (NULL, 40) AS i(k, n)"


def _subqueries():
    for predicate in (
        f"k IN (SELECT k FROM {INNER})",
        f"k NOT IN (SELECT k FROM {INNER})",
        f"k NOT IN (SELECT k FROM {INNER} WHERE k IS NOT NULL)",
        f"EXISTS (SELECT 1 FROM {INNER} WHERE i.k = o.k)",
        f"NOT EXISTS (SELECT 1 FROM {INNER} WHERE i.k = o.k)",
        f"EXISTS (SELECT 1 FROM {INNER} WHERE i.k > o.k)",
        f"EXISTS (SELECT i.k FROM {INNER} WHERE i.k = o.k GROUP BY i.k HAVING count(*) > 1)",
        f"k = (SELECT min(k) FROM {INNER})",
        f"k >= ALL (SELECT k FROM {INNER})",
        f"(SELECT count(*) FROM {INNER} WHERE i.k = o.k) > 1",
        f"(SELECT sum(n) FROM {INNER} WHERE i.k = o.k) = 30",
        f"(SELECT max(n) FROM {INNER} WHERE i.k < o.k) IS NULL",
        f"k IN (SELECT k FROM {INNER} WHERE i.n > 10 AND o.v = 'a')",
        f"(k, v) IN (SELECT k, 'a' FROM {INNER})",
        f"k IN (SELECT k FROM {INNER}) OR v = 'c'",
        f"NOT (k IN (SELECT k FROM {INNER}))",
        f"CASE WHEN k IN (SELECT k FROM {INNER}) THEN true ELSE v = 'b' END",
        f"k IN (SELECT i.k FROM {INNER} JOIN VALUES (1) AS z(k) ON i.k = z.k)",
        f"k IN (SELECT k FROM {INNER} ORDER BY n LIMIT 1)",
        f"EXISTS (SELECT 1 FROM {INNER} WHERE false)",
        f"k < ANY (SELECT k FROM {INNER})",
    ):
        yield f"SELECT * FROM {SUB} WHERE {predicate}"
        yield f"SELECT v, ({predicate}) AS x FROM {SUB}"
    for scalar in (
        f"SELECT max(n) FROM {INNER}",
        f"SELECT max(n) FROM {INNER} WHERE i.k = o.k",
        f"SELECT count(*) FROM {INNER} WHERE i.k = o.k",
        f"SELECT sum(n) + o.k FROM {INNER} WHERE i.k = o.k",
        f"SELECT n FROM {INNER} WHERE i.k = o.k ORDER BY n LIMIT 1",
        f"SELECT n FROM {INNER} WHERE i.k = o.k",
        f"SELECT first(n) FROM {INNER} WHERE i.k <=> o.k",
        "SELECT o.k * 2",
        f"SELECT collect_list(n) FROM {INNER} WHERE i.k = o.k",
        f"SELECT (SELECT max(z) FROM VALUES (7) AS q(z)) FROM {INNER} WHERE i.k = o.k GROUP BY 1",
    ):
        yield f"SELECT k, ({scalar}) AS s FROM {SUB}"
        yield f"SELECT k FROM {SUB} ORDER BY ({scalar}), v"
    yield from (
        f"SELECT * FROM {SUB}, LATERAL (SELECT n FROM {INNER} WHERE i.k = o.k)",
        f"SELECT * FROM {SUB} LEFT JOIN LATERAL (SELECT n FROM {INNER} WHERE i.k = o.k) ON true",
        f"SELECT * FROM {SUB}, LATERAL (SELECT sum(n) AS s FROM {INNER} WHERE i.k = o.k)",
        f"SELECT * FROM {SUB} CROSS JOIN LATERAL (SELECT o.k + 1 AS m)",
        f"SELECT * FROM {SUB}, LATERAL (SELECT o.k + 1 AS m), LATERAL (SELECT m * 2 AS d)",
        f"SELECT * FROM {SUB}, LATERAL explode(array(o.k, 0)) AS e(x)",
        f"SELECT * FROM {SUB} JOIN LATERAL (SELECT n FROM {INNER} ORDER BY n DESC LIMIT 1) AS b ON b.n > o.k",
        f"SELECT * FROM {SUB}, (SELECT o.k)",
    )


FACTS = "VALUES (2020, 'q1', 'a', 10), (2020, 'q2', 'a', 20), (2021, 'q1', 'b', 30), (2021, 'q1', 'a', NULL), (NULL, 'q2', 'b', 5) AS t(y, q, c, n)"


def _pivots():
    for aggregate in (
        "sum(n)",
        "sum(n) AS s",
        "sum(n), count(*)",
        "sum(n) AS s, max(n) AS m",
        "avg(n)",
        "first(n)",
        "collect_list(n)",
        "count(DISTINCT c)",
        "sum(n) + 1",
        "n",
    ):
        yield f"SELECT * FROM {FACTS} PIVOT ({aggregate} FOR q IN ('q1', 'q2'))"
        yield f"SELECT * FROM (SELECT y, q, n FROM {FACTS}) PIVOT ({aggregate.replace('count(DISTINCT c)', 'count(DISTINCT n)')} FOR q IN ('q1' AS one, 'q2'))"
    yield from (
        f"SELECT * FROM (SELECT y, q, n FROM {FACTS}) PIVOT (sum(n) FOR y IN (2020, 2021, NULL))",
        f"SELECT * FROM (SELECT y, q, n FROM {FACTS}) PIVOT (sum(n) FOR y IN ('2020'))",
        f"SELECT * FROM (SELECT y, q, n FROM {FACTS}) PIVOT (sum(n) FOR nope IN (1))",
        f"SELECT * FROM (SELECT y, q, n FROM {FACTS}) PIVOT (sum(n) FOR y IN (q))",
        f"SELECT * FROM (SELECT y, q, c, n FROM {FACTS}) PIVOT (sum(n) FOR (q, c) IN (('q1', 'a') AS qa, ('q2', 'b')))",
        f"SELECT * FROM (SELECT q, n FROM {FACTS}) PIVOT (sum(n) FOR q IN ('q1', 'zz'))",
    )
    wide = "VALUES (1, 10, 20, 'x'), (2, NULL, 40, 'y'), (3, NULL, NULL, NULL) AS t(id, a, b, s)"
    for unpivot in (
        "UNPIVOT (v FOR n IN (a, b))",
        "UNPIVOT INCLUDE NULLS (v FOR n IN (a, b))",
        "UNPIVOT EXCLUDE NULLS (v FOR n IN (a AS x, b AS y))",
        "UNPIVOT (v FOR n IN (a, s))",
        "UNPIVOT (v FOR n IN (nope))",
        "UNPIVOT ((v, w) FOR n IN ((a, b), (b, a)))",
        "UNPIVOT ((v, w) FOR n IN ((a, b) AS ab))",
        "UNPIVOT (v FOR n IN (a)) AS u",
        "UNPIVOT (v FOR n IN (a, b)) AS u(i, ss, nm, vl)",
        "UNPIVOT ((v) FOR n IN ((a), (b)))",
        "UNPIVOT (v FOR n IN (id, a, b))",
    ):
        yield f"SELECT * FROM {wide} {unpivot}"


SET_ROWS = [
    "VALUES (1, 'a'), (1, 'a'), (2, 'b'), (NULL, NULL)",
    "VALUES (1, 'a'), (3, 'c'), (NULL, NULL), (NULL, NULL)",
]
OPERATIONS = [
    "UNION",
    "UNION ALL",
    "UNION DISTINCT",
    "INTERSECT",
    "INTERSECT ALL",
    "INTERSECT DISTINCT",
    "EXCEPT",
    "EXCEPT ALL",
    "EXCEPT DISTINCT",
    "MINUS",
    "MINUS ALL",
]
PAIRS = [
    ("1", "2L"),
    ("1", "1.5"),
    ("1", "1.5D"),
    ("1.50", "2.5D"),
    ("'a'", "1"),
    ("'1'", "1.5D"),
    ("DATE '2020-01-01'", "TIMESTAMP '2020-01-01 00:00:00'"),
    ("DATE '2020-01-01'", "'2020-01-02'"),
    ("NULL", "1"),
    ("true", "1"),
    ("true", "'true'"),
    ("X'01'", "'a'"),
    ("array(1)", "array(1L)"),
    ("array(1)", "array(NULL)"),
    ("named_struct('a', 1)", "named_struct('b', 2L)"),
    ("map('a', 1)", "map('b', 1.5)"),
    ("CAST(1 AS DECIMAL(10,2))", "CAST(1 AS DECIMAL(5,4))"),
    ("CAST(1 AS TINYINT)", "CAST(1 AS SMALLINT)"),
    ("CAST(1 AS FLOAT)", "1"),
    ("INTERVAL '1' DAY", "INTERVAL '1' HOUR"),
    ("TIMESTAMP '2020-01-01 00:00:00'", "TIMESTAMP_NTZ '2020-01-01 00:00:00'"),
]


def _sets():
    for operation in OPERATIONS:
        yield f"SELECT * FROM ({SET_ROWS[0]}) AS l(k, v) {operation} SELECT * FROM ({SET_ROWS[1]}) AS r(k, v)"
        yield f"SELECT k FROM ({SET_ROWS[0]}) AS l(k, v) {operation} SELECT k FROM ({SET_ROWS[1]}) AS r(k, v) ORDER BY k LIMIT 3"
    for (left, right), operation in itertools.product(PAIRS, ["UNION", "INTERSECT"]):
        yield f"SELECT {left} AS a {operation} SELECT {right} AS b"
    for left, right in PAIRS:
        yield f"SELECT * FROM VALUES ({left}), ({right}) AS t(a)"
        yield f"SELECT if(true, {left}, {right}), coalesce(NULL, {left}, {right}), nvl({left}, {right})"
        yield f"SELECT array({left}, {right}), map('x', {left}, 'y', {right}), {left} IN ({right})"
        yield f"SELECT {left} = {right}, {left} < {right}, {left} <=> {right}"
        yield f"SELECT * FROM VALUES ({left}) AS l(a) JOIN VALUES ({right}) AS r(b) ON l.a = r.b"


def files():
    yield "select/joins", list(_joins())
    yield "select/ordering", list(_ordering())
    yield "functions/window/frames", list(_frames())
    yield "select/grouping", list(_grouping())
    yield "select/subqueries", list(_subqueries())
    yield "select/pivots", list(_pivots())
    yield "select/sets", list(_sets())
