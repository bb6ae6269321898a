"""Aggregates and window functions."""

NUMBERS = {
    "int": "(1), (2), (2), (NULL), (5)",
    "bigint": "(1L), (2L), (NULL), (4L)",
    "double": "(1.5D), (2.5D), (NULL), (-4D)",
    "decimal": "(1.50), (2.25), (NULL), (-3.75)",
    "string": "('1'), ('2'), (NULL), ('10')",
    "date": "(DATE '2020-01-01'), (DATE '2020-02-01'), (NULL)",
    "boolean": "(true), (false), (NULL)",
    "empty": "",
    "nulls": "(CAST(NULL AS INT)), (NULL)",
    "nan": "(double('NaN')), (1D), (double('Infinity'))",
    "tinyint": "(1Y), (2Y), (NULL)",
    "float": "(CAST(1.5 AS FLOAT)), (CAST(2.25 AS FLOAT)), (NULL)",
    "timestamp": "(TIMESTAMP '2020-01-01 00:00:00'), (NULL)",
    "array": "(array(1, 2)), (array(1)), (NULL)",
    "struct": "(named_struct('a', 1)), (named_struct('a', 2)), (NULL)",
    "map": "(map('a', 1)), (NULL)",
    "interval": "(INTERVAL '1' DAY), (INTERVAL '3' DAY), (NULL)",
    "months": "(INTERVAL '1' MONTH), (INTERVAL '3' MONTH), (NULL)",
    "binary": "(X'01'), (X'02'), (NULL)",
}
UNARY = """count sum avg mean min max first last first_value last_value any_value collect_list collect_set array_agg stddev stddev_samp stddev_pop
std variance var_samp var_pop skewness kurtosis median mode approx_count_distinct bool_and bool_or every some any count_if bit_and bit_or bit_xor try_sum try_avg""".split()
BINARY = {
    "corr": "a, b",
    "covar_pop": "a, b",
    "covar_samp": "a, b",
    "max_by": "a, b",
    "min_by": "a, b",
    "regr_slope": "a, b",
    "regr_intercept": "a, b",
    "regr_r2": "a, b",
    "regr_count": "a, b",
    "regr_avgx": "a, b",
    "regr_avgy": "a, b",
    "regr_sxx": "a, b",
    "regr_sxy": "a, b",
    "regr_syy": "a, b",
    "percentile": "a, 0.5",
    "percentile_approx": "a, 0.5",
    "approx_percentile": "a, array(0.25, 0.5, 1.0)",
    "histogram_numeric": "a, 2",
    "listagg": "a, ','",
    "string_agg": "a, '-'",
}
PAIRS = "VALUES (1, 10), (2, 25), (3, 28), (4, 41), (NULL, 5), (5, NULL) AS t(a, b)"
GROUPS = "VALUES ('x', 1, 1.5D), ('x', 2, NULL), ('y', 3, 2.5D), ('y', 3, 4.5D), (NULL, 5, 0.5D), ('z', NULL, NULL) AS t(k, a, d)"
GROUPED = [
    "SELECT k, count(*), count(a), count(DISTINCT a), sum(a), avg(a), min(a), max(a) FROM {} GROUP BY k",
    "SELECT k, sum(d), avg(d), stddev(d), variance(d), stddev_pop(d), var_pop(d) FROM {} GROUP BY k",
    "SELECT k, first(a), last(a), first(a, true), any_value(a), collect_list(a), sort_array(collect_set(a)) FROM {} GROUP BY k",
    "SELECT k, max_by(a, d), min_by(a, d), bool_and(a > 1), bool_or(a > 2), count_if(a > 1) FROM {} GROUP BY k",
    "SELECT k, sum(a) FILTER (WHERE d > 1), count(*) FILTER (WHERE a IS NULL), sum(DISTINCT a), avg(DISTINCT a) FROM {} GROUP BY k",
    "SELECT k, percentile(a, 0.5), percentile(a, array(0.1, 0.9)), percentile_approx(a, 0.5), median(a), mode(a) FROM {} GROUP BY k",
    "SELECT count(DISTINCT k, a), count(DISTINCT k), count(k, a), approx_count_distinct(k), approx_count_distinct(a) FROM {}",
    "SELECT count(DISTINCT k), count(DISTINCT a), sum(DISTINCT a), count(*) FROM {}",
    "SELECT k, sum(a) AS s FROM {} GROUP BY k HAVING sum(a) > 2 ORDER BY s",
    "SELECT k, sum(a) AS s FROM {} GROUP BY k HAVING s > 2 ORDER BY k",
    "SELECT k FROM {} GROUP BY k HAVING count(*) > 1 ORDER BY k",
    "SELECT k, a, count(*) FROM {} GROUP BY k, a ORDER BY k, a",
    "SELECT k, count(*) FROM {} GROUP BY 1 ORDER BY 2 DESC, 1",
    "SELECT k AS g, count(*) AS c FROM {} GROUP BY g ORDER BY g NULLS LAST",
    "SELECT upper(k), count(*) FROM {} GROUP BY upper(k) ORDER BY 1",
    "SELECT upper(k) AS u, sum(a) + 1, sum(a + 1) FROM {} GROUP BY ALL ORDER BY u",
    "SELECT k, a, sum(d) FROM {} GROUP BY k, a WITH ROLLUP ORDER BY k NULLS FIRST, a NULLS FIRST, 3",
    "SELECT k, a, sum(d) FROM {} GROUP BY ROLLUP(k, a)",
    "SELECT k, a, sum(d), grouping(k), grouping(a), grouping_id(), grouping_id(k, a) FROM {} GROUP BY CUBE(k, a)",
    "SELECT k, a, count(*) FROM {} GROUP BY GROUPING SETS ((k), (a), ())",
    "SELECT k, a, count(*) FROM {} GROUP BY k, a GROUPING SETS ((k, a), (k))",
    "SELECT k, a, count(*), grouping_id() FROM {} GROUP BY k, ROLLUP(a)",
    "SELECT k, grouping(k) FROM {} GROUP BY k",
    "SELECT k, count(*) FROM {} GROUP BY ROLLUP(k) HAVING grouping(k) = 0",
    "SELECT DISTINCT k FROM {}",
    "SELECT DISTINCT k, a FROM {} ORDER BY k, a",
    "SELECT sum(a), k FROM {}",
    "SELECT k, a FROM {} GROUP BY k",
    "SELECT k, sum(a) FROM {} GROUP BY 3",
    "SELECT k, sum(a) FROM {} GROUP BY 2",
    "SELECT sum(sum(a)) FROM {}",
    "SELECT k FROM {} WHERE sum(a) > 1",
    "SELECT sum(a) FROM {} HAVING sum(a) > 100",
    "SELECT 1 FROM {} HAVING true",
    "SELECT count(*) FROM {} WHERE false",
    "SELECT k, count(*) FROM {} WHERE false GROUP BY k",
    "SELECT sum(a), avg(a), min(a), max(a), count(a), collect_list(a), first(a) FROM {} WHERE false",
    "SELECT k, max(struct(a, d)) FROM {} GROUP BY k",
    "SELECT k, max(d) - min(d) AS r, sum(a) / count(*) AS m FROM {} GROUP BY k",
    "SELECT k, count(*) * 2, -sum(a), coalesce(sum(a), 0) FROM {} GROUP BY k",
    "SELECT k, percentile_cont(0.5) WITHIN GROUP (ORDER BY a), percentile_disc(0.5) WITHIN GROUP (ORDER BY a) FROM {} GROUP BY k",
    "SELECT listagg(k, ',') WITHIN GROUP (ORDER BY a), string_agg(k) WITHIN GROUP (ORDER BY a DESC) FROM {}",
    "SELECT k, mode() WITHIN GROUP (ORDER BY a) FROM {} GROUP BY k",
    "SELECT array_agg(a), collect_list(DISTINCT k) FROM {} WHERE k = 'y'",
    "SELECT sum(CASE WHEN a > 1 THEN 1 ELSE 0 END), sum(if(k = 'x', a, 0)) FROM {}",
]
RANKED = "VALUES ('x', 1, 10D), ('x', 2, 20D), ('x', 2, NULL), ('x', 4, 40D), ('y', 1, 5D), ('y', NULL, 7D), (NULL, 3, 1D) AS t(k, a, d)"
OVER = [
    "row_number() OVER (PARTITION BY k ORDER BY a, d)",
    "rank() OVER (PARTITION BY k ORDER BY a)",
    "dense_rank() OVER (PARTITION BY k ORDER BY a)",
    "percent_rank() OVER (PARTITION BY k ORDER BY a)",
    "cume_dist() OVER (PARTITION BY k ORDER BY a)",
    "ntile(2) OVER (PARTITION BY k ORDER BY a, d)",
    "ntile(3) OVER (ORDER BY a, d, k)",
    "lag(d) OVER (PARTITION BY k ORDER BY a, d)",
    "lag(d, 2) OVER (PARTITION BY k ORDER BY a, d)",
    "lag(d, 1, -1D) OVER (PARTITION BY k ORDER BY a, d)",
    "lead(d) OVER (PARTITION BY k ORDER BY a, d)",
    "lead(a, 1, 0) OVER (ORDER BY k, a, d)",
    "lag(d) IGNORE NULLS OVER (PARTITION BY k ORDER BY a, d)",
    "lead(d, 1) IGNORE NULLS OVER (PARTITION BY k ORDER BY a)",
    "first_value(d) OVER (PARTITION BY k ORDER BY a, d)",
    "last_value(d) OVER (PARTITION BY k ORDER BY a, d)",
    "first_value(d) IGNORE NULLS OVER (PARTITION BY k ORDER BY a, d)",
    "first(d, true) OVER (PARTITION BY k ORDER BY a, d)",
    "last_value(d) IGNORE NULLS OVER (PARTITION BY k ORDER BY a, d ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
    "nth_value(d, 2) OVER (PARTITION BY k ORDER BY a, d)",
    "nth_value(d, 2) IGNORE NULLS OVER (PARTITION BY k ORDER BY a, d)",
    "sum(d) OVER ()",
    "sum(d) OVER (PARTITION BY k)",
    "sum(a) OVER (PARTITION BY k ORDER BY a)",
    "sum(a) OVER (ORDER BY a)",
    "avg(a) OVER (PARTITION BY k ORDER BY a, d ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)",
    "sum(a) OVER (PARTITION BY k ORDER BY a, d ROWS UNBOUNDED PRECEDING)",
    "sum(a) OVER (PARTITION BY k ORDER BY a, d ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
    "sum(a) OVER (PARTITION BY k ORDER BY a RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING)",
    "count(*) OVER (PARTITION BY k ORDER BY a RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
    "sum(a) OVER (PARTITION BY k ORDER BY a, d ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)",
    "sum(a) OVER (PARTITION BY k ORDER BY a, d ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING)",
    "min(d) OVER (PARTITION BY k ORDER BY a, d ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
    "max(d) OVER (PARTITION BY k)",
    "count(d) OVER (PARTITION BY k)",
    "collect_list(a) OVER (PARTITION BY k ORDER BY a, d)",
    "stddev(d) OVER (PARTITION BY k)",
    "count(DISTINCT a) OVER (PARTITION BY k)",
    "sum(a) FILTER (WHERE d > 5) OVER (PARTITION BY k)",
    "sum(sum(a)) OVER (ORDER BY k)",
    "row_number() OVER ()",
    "rank() OVER (PARTITION BY k)",
    "row_number() OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
    "sum(a) OVER (ORDER BY k, a RANGE BETWEEN 1 PRECEDING AND CURRENT ROW)",
    "sum(a) OVER (ORDER BY d RANGE BETWEEN 5 PRECEDING AND 5 FOLLOWING)",
    "lag(a, -1) OVER (ORDER BY a, d, k)",
    "sum(a) OVER (ORDER BY a DESC NULLS FIRST)",
    "rank() OVER (ORDER BY a NULLS LAST)",
    "upper(k) OVER ()",
    "row_number() OVER (PARTITION BY k ORDER BY a, d) + 1",
    "a - lag(a) OVER (PARTITION BY k ORDER BY a, d)",
    "sum(a) OVER (ORDER BY a ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING)",
    "sum(a) OVER (ROWS BETWEEN a PRECEDING AND CURRENT ROW)",
    "max(struct(a, d)) OVER (PARTITION BY k)",
    "mode(a) OVER (PARTITION BY k)",
    "percentile_approx(a, 0.5) OVER (PARTITION BY k)",
]
WINDOWS = [
    "SELECT k, a, sum(a) OVER w AS s, count(*) OVER w FROM {} WINDOW w AS (PARTITION BY k ORDER BY a)",
    "SELECT k, a FROM {} QUALIFY row_number() OVER (PARTITION BY k ORDER BY a, d) = 1",
    "SELECT k, a, rank() OVER (PARTITION BY k ORDER BY a) AS r FROM {} QUALIFY r = 1",
    "SELECT k, sum(a) AS s, rank() OVER (ORDER BY sum(a) DESC) AS r FROM {} GROUP BY k",
    "SELECT k FROM {} WHERE row_number() OVER (ORDER BY a) = 1",
    "SELECT * FROM (SELECT k, a, row_number() OVER (PARTITION BY k ORDER BY a, d) AS rn FROM {}) WHERE rn = 1",
    "SELECT k, d, sum(d) OVER (ORDER BY dt RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW) FROM (SELECT k, d, DATE '2020-01-01' + coalesce(a, 0) AS dt FROM {})",
    "SELECT row_number() OVER w FROM {} WINDOW v AS (ORDER BY a)",
    "SELECT k, a, sum(a) OVER (PARTITION BY k ORDER BY a) - sum(a) OVER (PARTITION BY k) AS diff FROM {}",
]


def files():
    for name in UNARY:
        blocks = []
        for kind, values in NUMBERS.items():
            source = f"VALUES {values} AS t(a)" if values else "(SELECT 1 AS a WHERE false) t"
            call = f"{name}(a)"
            if name in ("collect_set",):
                call = "sort_array(collect_set(a))" if kind != "map" else call
            blocks.append(f"SELECT {call} FROM {source}")
        yield f"functions/aggregate/{name}", blocks
    blocks = []
    for name, arguments in BINARY.items():
        blocks.append(f"SELECT {name}({arguments}) FROM {PAIRS}")
        blocks.append(f"SELECT {name}({arguments}) FROM {PAIRS} WHERE false")
        blocks.append(f"SELECT {name}({arguments}) FROM VALUES (1.5D, 2D), (2.5D, 4.5D) AS t(a, b)")
        blocks.append(f"SELECT {name}({arguments}) FROM VALUES (1.50, 2.0), (2.50, 4.5) AS t(a, b)")
    yield "functions/aggregate/several_arguments", blocks
    yield "functions/aggregate/grouped", [q.format(GROUPS) for q in GROUPED]
    window = [f"SELECT k, a, d, {over} AS r FROM {RANKED}" for over in OVER]
    yield "functions/window/over", window
    yield "functions/window/queries", [q.format(RANKED) for q in WINDOWS]
