"""Operators over type pairs, overflow, comparison coercion, decimal precision, literals and column names."""

import itertools

SAMPLE = {
    "tinyint": "CAST(7 AS TINYINT)",
    "smallint": "CAST(7 AS SMALLINT)",
    "int": "7",
    "bigint": "7L",
    "float": "CAST(7.5 AS FLOAT)",
    "double": "7.5D",
    "decimal": "CAST(7.25 AS DECIMAL(10,2))",
    "wide": "CAST(7.25 AS DECIMAL(38,18))",
    "string": "'7'",
    "boolean": "true",
    "date": "DATE '2020-01-31'",
    "timestamp": "TIMESTAMP '2020-01-31 10:00:00'",
    "ntz": "TIMESTAMP_NTZ '2020-01-31 10:00:00'",
    "binary": "X'37'",
    "null": "NULL",
    "daytime": "INTERVAL '1' DAY",
    "yearmonth": "INTERVAL '1' MONTH",
    "array": "array(7)",
    "struct": "named_struct('a', 7)",
}
ARITHMETIC = ["+", "-", "*", "/", "%", "DIV"]
NUMERIC = [
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "decimal",
    "wide",
    "string",
    "null",
]
TEMPORAL = ["date", "timestamp", "ntz", "daytime", "yearmonth", "int", "string", "null"]
MINIMUM = {
    "tinyint": "CAST(-128 AS TINYINT)",
    "smallint": "CAST(-32768 AS SMALLINT)",
    "int": "CAST(-2147483648 AS INT)",
    "bigint": "CAST('-9223372036854775808' AS BIGINT)",
}
MAXIMUM = {
    "tinyint": "CAST(127 AS TINYINT)",
    "smallint": "CAST(32767 AS SMALLINT)",
    "int": "2147483647",
    "bigint": "9223372036854775807L",
}


def _arithmetic():
    for left, right in itertools.product(NUMERIC, NUMERIC):
        for op in ARITHMETIC:
            yield f"SELECT {SAMPLE[left]} {op} {SAMPLE[right]}"


def _temporal():
    for left, right in itertools.product(TEMPORAL, TEMPORAL):
        for op in ("+", "-"):
            yield f"SELECT {SAMPLE[left]} {op} {SAMPLE[right]}"
    for interval in ("daytime", "yearmonth"):
        for number in ("int", "double", "decimal", "string"):
            yield f"SELECT {SAMPLE[interval]} * {SAMPLE[number]}"
            yield f"SELECT {SAMPLE[number]} * {SAMPLE[interval]}"
            yield f"SELECT {SAMPLE[interval]} / {SAMPLE[number]}"


def _misfit():
    for other in ("boolean", "binary", "array", "struct", "date"):
        for op in ("+", "*", "/", "%"):
            yield f"SELECT {SAMPLE[other]} {op} 1"
    for operand in ("boolean", "string", "date", "binary", "array", "null", "daytime", "yearmonth"):
        yield f"SELECT -({SAMPLE[operand]})"
        yield f"SELECT +({SAMPLE[operand]})"
        yield f"SELECT NOT ({SAMPLE[operand]})"
        yield f"SELECT ~({SAMPLE[operand]})"
        yield f"SELECT ({SAMPLE[operand]}) AND true"
        yield f"SELECT ({SAMPLE[operand]}) OR false"
        yield f"SELECT ({SAMPLE[operand]}) || 'x'"


def _overflow():
    for kind in MINIMUM:
        low, high = MINIMUM[kind], MAXIMUM[kind]
        one = f"CAST(1 AS {kind.upper()})"
        minus = f"CAST(-1 AS {kind.upper()})"
        yield from (
            f"SELECT {high} + {one}",
            f"SELECT {low} - {one}",
            f"SELECT {high} * {high}",
            f"SELECT {low} * {minus}",
            f"SELECT {low} / {minus}",
            f"SELECT {low} DIV {minus}",
            f"SELECT {low} % {minus}",
            f"SELECT -({low})",
            f"SELECT abs({low})",
            f"SELECT {one} / CAST(0 AS {kind.upper()})",
            f"SELECT {one} DIV CAST(0 AS {kind.upper()})",
            f"SELECT {one} % CAST(0 AS {kind.upper()})",
            f"SELECT pmod({low}, {high})",
            f"SELECT sum(a) FROM VALUES ({high}), ({one}) AS t(a)",
            f"SELECT a + b FROM VALUES ({high}, {one}), ({one}, {one}) AS t(a, b)",
            f"SELECT a % b, pmod(a, b), a / b, a DIV b FROM VALUES (CAST(-7 AS {kind.upper()}), CAST(3 AS {kind.upper()})) AS t(a, b)",
            f"SELECT try_add({high}, {one}), try_subtract({low}, {one}), try_multiply({high}, {high}), try_divide({one}, CAST(0 AS {kind.upper()}))",
        )
    yield from (
        "SELECT 1.0D / 0.0D",
        "SELECT 0.0D / 0.0D",
        "SELECT 1.0D % 0.0D",
        "SELECT CAST(1 AS FLOAT) / 0",
        "SELECT CAST(1.0 AS DECIMAL(10,2)) / 0",
        "SELECT CAST(1.0 AS DECIMAL(10,2)) % 0",
        "SELECT 5 / NULL",
        "SELECT NULL / 0",
        "SELECT 1 / a FROM VALUES (1), (0) AS t(a)",
        "SELECT 1 / a FROM VALUES (1), (NULL) AS t(a)",
        "SELECT 1e308D * 10",
        "SELECT -1e308D * 10",
        "SELECT 5 % -3, -5 % 3, 5.5 % 2, -5.5D % 2",
        "SELECT mod(7, 3), mod(-7, 3), pmod(-7, 3), pmod(7, -3), pmod(-7.5, 2)",
        "SELECT 5 & 3, 5 | 3, 5 ^ 3, ~5, 5L & 3, CAST(5 AS TINYINT) | CAST(2 AS SMALLINT)",
        "SELECT 1 << 3, -16 >> 2, -16 >>> 28, 1L << 40, 1 << 33",
        "SELECT 5 & 3.0",
        "SELECT '5' & 3",
        "SELECT shiftleft(1, 3), shiftright(-16, 2), shiftrightunsigned(-16, 28)",
    )


def _comparison():
    kinds = [k for k in SAMPLE if k not in ("daytime", "yearmonth")]
    for left, right in itertools.product(kinds, kinds):
        yield f"SELECT {SAMPLE[left]} = {SAMPLE[right]}"
    for left, right in itertools.product(
        ["int", "double", "decimal", "string", "date", "timestamp"], repeat=2
    ):
        yield f"SELECT {SAMPLE[left]} < {SAMPLE[right]}"
        yield f"SELECT {SAMPLE[left]} IN ({SAMPLE[right]}, NULL)"
        yield f"SELECT coalesce({SAMPLE[left]}, {SAMPLE[right]})"
        yield f"SELECT CASE WHEN true THEN {SAMPLE[left]} ELSE {SAMPLE[right]} END"
        yield f"SELECT array({SAMPLE[left]}, {SAMPLE[right]})"
        yield f"SELECT {SAMPLE[left]} UNION ALL SELECT {SAMPLE[right]}"
        yield f"SELECT {SAMPLE[left]} BETWEEN {SAMPLE[right]} AND {SAMPLE[left]}"
        yield f"SELECT greatest({SAMPLE[left]}, {SAMPLE[right]})"
    yield from (
        "SELECT 1 = '1', 1 = '1.0', '1' = 1.0D, 'a' = 'A', 'a' < 'B', 'abc' > 'ab'",
        "SELECT 1 = 'abc'",
        "SELECT DATE '2020-01-01' = '2020-01-01', DATE '2020-01-01' < '2020-1-2', TIMESTAMP '2020-01-01 00:00:00' = DATE '2020-01-01'",
        "SELECT DATE '2020-01-01' = 'x'",
        "SELECT double('NaN') = double('NaN'), double('NaN') > double('Infinity'), 0.0D = -0.0D, double('NaN') <=> double('NaN')",
        "SELECT true = 1, true = 'true', true > false",
        "SELECT NULL = NULL, NULL <> 1, NULL AND false, NULL OR true, NOT NULL, NULL IS NULL, 1 IS NOT NULL",
        "SELECT true AND NULL, false OR NULL, NULL AND NULL",
        "SELECT 1 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL, true IS TRUE, NULL IS FALSE, NULL IS UNKNOWN",
        "SELECT 1 == 1, 1 != 2, 1 <> 2, 2 >= 2, 2 <= 1, !true",
        "SELECT 'abc' LIKE 'a%', 'abc' LIKE '_b_', 'a%c' LIKE 'a\\\\%c', 'abc' ILIKE 'A%', 'abc' NOT LIKE 'b%'",
        "SELECT 'a_c' LIKE 'a/_c' ESCAPE '/', 'abc' LIKE 'a/_c' ESCAPE '/'",
        "SELECT 'abc' LIKE ANY ('x%', 'a%'), 'abc' LIKE ALL ('a%', '%c'), 'abc' NOT LIKE ANY ('a%', 'b%')",
        "SELECT 'a\\\\' LIKE 'a\\\\'",
        "SELECT 'abc' RLIKE 'B', 'abc' REGEXP 'b', regexp_like('abc', '(?i)B'), 'a' RLIKE '['",
        "SELECT 1 BETWEEN 0 AND 2, 1 NOT BETWEEN 0 AND 2, NULL BETWEEN 1 AND 2",
        "SELECT 1 IN (1, 2), 1 NOT IN (2, NULL), 1 IN (NULL, 1), NULL IN (1), (1, 'a') IN ((1, 'a'), (2, 'b'))",
        "SELECT array(1, 2) = array(1, 2), array(1) < array(1, 0), array(1, NULL) = array(1, NULL), array(NULL) <=> array(NULL)",
        "SELECT named_struct('a', 1) = named_struct('a', 1), struct(1, 2) < struct(1, 3)",
        "SELECT map('a', 1) = map('a', 1)",
        "SELECT X'01' = X'01', X'01' < X'02', X'FF' > X'01'",
        "SELECT 'é' > 'z', 'a' < 'b', 'a ' = 'a'",
    )


def _decimal():
    shapes = [(5, 2), (10, 0), (10, 2), (18, 6), (20, 0), (38, 0), (38, 10), (38, 18), (38, 37)]
    for (p, s), (q, t) in itertools.product(shapes, shapes):
        left, right = f"CAST(1.1 AS DECIMAL({p},{s}))", f"CAST(2.3 AS DECIMAL({q},{t}))"
        ops = " , ".join(f"{left} {op} {right}" for op in ("+", "-", "*", "/", "%"))
        yield f"SELECT typeof({left} + {right}), typeof({left} * {right}), typeof({left} / {right}), typeof({left} % {right}), typeof(coalesce({left}, {right}))"
        if (p, s) <= (q, t):
            yield f"SELECT {ops}"
    yield from (
        "SELECT CAST(99999999999999999999999999999999999999 AS DECIMAL(38,0)) + 1",
        "SELECT CAST(99999999999999999999999999999999999999 AS DECIMAL(38,0)) * 10",
        "SELECT CAST(12345678901234567890.123456789 AS DECIMAL(38,18)) * CAST(12345678901234567890.123456789 AS DECIMAL(38,18))",
        "SELECT 1.10 + 2.2, 1.10 * 2.2, 1.10 / 2.2, 1 / 3.0, 10 / 3, 2 * 3.50",
        "SELECT 1.5 + 1, 1.5 + 1L, 1.5 + CAST(1 AS TINYINT), 1.5 + 1.5D, 1.5 + CAST(1.5 AS FLOAT)",
        "SELECT 1 + CAST(1.5 AS DECIMAL(5,1)), CAST(1.5 AS DECIMAL(5,1)) + '1.5', CAST(1.5 AS DECIMAL(5,1)) = '1.5'",
        "SELECT sum(a), avg(a), min(a), max(a), count(a) FROM VALUES (CAST(1.25 AS DECIMAL(10,2))), (CAST(2.50 AS DECIMAL(10,2))), (NULL) AS t(a)",
        "SELECT sum(a), avg(a) FROM VALUES (CAST(1 AS DECIMAL(38,10))), (CAST(2 AS DECIMAL(38,10))) AS t(a)",
        "SELECT sum(a) FROM VALUES (CAST(99999999999999999999999999999999999999 AS DECIMAL(38,0))), (CAST(1 AS DECIMAL(38,0))) AS t(a)",
        "SELECT round(CAST(2.345 AS DECIMAL(10,3)), 2), round(CAST(-2.345 AS DECIMAL(10,3)), 2), round(CAST(123.45 AS DECIMAL(5,2)), -1), round(CAST(2.5 AS DECIMAL(2,1)))",
        "SELECT floor(CAST(2.7 AS DECIMAL(10,2))), ceil(CAST(2.1 AS DECIMAL(10,2))), floor(CAST(-2.1 AS DECIMAL(10,2)), 1), abs(CAST(-1.50 AS DECIMAL(3,2)))",
        "SELECT -CAST(1.50 AS DECIMAL(3,2)), sign(CAST(-1.50 AS DECIMAL(3,2))), CAST(1.005 AS DECIMAL(4,2)), CAST(1.015 AS DECIMAL(4,2)), CAST(-1.005 AS DECIMAL(4,2))",
        "SELECT CAST(123.456 AS DECIMAL(4,2))",
        "SELECT CAST('1e3' AS DECIMAL(10,2)), CAST('1.999' AS DECIMAL(3,1)), CAST(' 5 ' AS DECIMAL(3,1))",
        "SELECT 12345678901234567890, 123456789012345678901234567890.5, 0.00000000000000000001",
        "SELECT 1234567890123456789012345678901234567890",
        "SELECT 1e2, 1E-2, 1.5e3, 1e2BD, 10BD, 0.10BD, .5, 5., -.5e-3",
        "SELECT CAST(1 AS DECIMAL), CAST(1.5 AS DECIMAL(3)), CAST(1 AS NUMERIC(5,1)), CAST(1 AS DEC(4))",
        "SELECT CAST(1 AS DECIMAL(39,0))",
        "SELECT CAST(1 AS DECIMAL(5,6))",
        "SELECT CAST(0.1 AS DECIMAL(10,2)) + CAST(0.2 AS DECIMAL(10,2)) = 0.3",
        "SELECT CAST(1.10 AS STRING), CAST(CAST(1 AS DECIMAL(10,3)) AS STRING), CAST(0.0000001 AS STRING), CAST(0E-10BD AS STRING)",
    )


LITERALS = [
    "NULL",
    "true",
    "FALSE",
    "1",
    "-1",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "1Y",
    "128Y",
    "1S",
    "1L",
    "1.0",
    "1.",
    ".1",
    "1.0F",
    "1.0D",
    "1.0BD",
    "1e5",
    "1E5L",
    "1.5e-7",
    "'a'",
    '"a"',
    "''",
    "'it''s'",
    "'a\\'b'",
    "'a\\nb'",
    "'a\\tb'",
    "'\\u0041'",
    "'\\x41'",
    "r'a\\nb'",
    'R"a\\b"',
    "'a' 'b'",
    "'\\%'",
    "'\\_'",
    "'\\0'",
    "'\\101'",
    "X'1F'",
    "x'1f'",
    "X'1'",
    "X''",
    "DATE '2020-01-31'",
    "DATE '2020-1-3'",
    "DATE '2020'",
    "DATE 'x'",
    "date'2020-01-01'",
    "TIMESTAMP '2020-01-31 10:11:12.123'",
    "TIMESTAMP '2020-01-31'",
    "TIMESTAMP '2020-01-31 10:11:12+02:00'",
    "TIMESTAMP 'x'",
    "TIMESTAMP_NTZ '2020-01-31 10:11:12'",
    "TIMESTAMP_LTZ '2020-01-31 10:11:12'",
    "INTERVAL '1' DAY",
    "INTERVAL '1-2' YEAR TO MONTH",
    "INTERVAL '1 02:03:04.5' DAY TO SECOND",
    "INTERVAL 1 DAY",
    "INTERVAL 3 MONTHS",
    "INTERVAL 1 YEAR 2 MONTHS",
    "INTERVAL 1 DAY 2 HOURS 3 MINUTES",
    "INTERVAL '1 day 2 hours'",
    "INTERVAL 1 WEEK",
    "INTERVAL -1 DAY",
    "-INTERVAL '1' DAY",
    "INTERVAL '10:11' HOUR TO MINUTE",
    "INTERVAL '59' SECOND",
    "INTERVAL '1.5' SECOND",
    "INTERVAL 1.5 SECONDS",
    "INTERVAL 1 MONTH 1 DAY",
    "INTERVAL '1' YEAR",
    "INTERVAL 'x' DAY",
    "INTERVAL 100 MILLISECONDS",
    "INTERVAL 5 MICROSECONDS",
    "array()",
    "array(1, 2)",
    "array(1, 'a')",
    "array(1, NULL)",
    "array(NULL)",
    "map()",
    "map(1, 'a')",
    "map('a', 1, 'b', 2)",
    "map(NULL, 1)",
    "map(1, 2, 1, 3)",
    "map(1)",
    "struct()",
    "struct(1, 'a')",
    "named_struct('a', 1, 'b', NULL)",
    "(1, 2)",
    "(1)",
    "((1, 'a'))",
    "struct(1 AS x, 2 AS y)",
    "named_struct('a')",
    "array(array(1), array())",
    "array(struct(1, 'a'), struct(2, 'b'))",
    "current_date() IS NOT NULL",
    "pi()",
    "e()",
    "DATE '0000-01-01'",
    "DATE '10000-01-01'",
    "DATE '-0001-01-01'",
]
NAMES = [
    "a",
    "t.a",
    "A",
    "`a`",
    "a AS b",
    "a b",
    "a AS `x y`",
    "a + b",
    "a - b",
    "a * b",
    "a / b",
    "a % b",
    "a DIV b",
    "-a",
    "+a",
    "~a",
    "a & b",
    "a | b",
    "a ^ b",
    "a = b",
    "a == b",
    "a <> b",
    "a != b",
    "a < b",
    "a <= b",
    "a > b",
    "a >= b",
    "a <=> b",
    "a > 1 AND b > 1",
    "a > 1 OR b > 1",
    "NOT a > 1",
    "a IS NULL",
    "a IS NOT NULL",
    "a IN (1, 2)",
    "a NOT IN (1, 2)",
    "a BETWEEN 1 AND 2",
    "a NOT BETWEEN 1 AND 2",
    "s LIKE 'a%'",
    "s NOT LIKE 'a%'",
    "s RLIKE 'a'",
    "s ILIKE 'A%'",
    "s LIKE 'a/%' ESCAPE '/'",
    "s LIKE ANY ('a', 'b')",
    "s LIKE ALL ('a', 'b')",
    "a > 1 IS TRUE",
    "a IS DISTINCT FROM b",
    "CASE WHEN a > 1 THEN 'x' ELSE 'y' END",
    "CASE WHEN a > 1 THEN 'x' END",
    "CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'z' ELSE 'y' END",
    "if(a > 1, a, b)",
    "coalesce(a, b)",
    "nvl(a, b)",
    "ifnull(a, b)",
    "nullif(a, b)",
    "nvl2(a, b, 0)",
    "CAST(a AS STRING)",
    "CAST(a AS DECIMAL(10,2))",
    "CAST(NULL AS ARRAY<INT>)",
    "a::string",
    "TRY_CAST(s AS INT)",
    "string(a)",
    "double(a)",
    "bigint(a)",
    "count(*)",
    "count(1)",
    "count(a)",
    "count(DISTINCT a)",
    "count(DISTINCT a, b)",
    "sum(a)",
    "sum(DISTINCT a)",
    "avg(a)",
    "mean(a)",
    "min(a)",
    "max(a)",
    "first(a)",
    "first(a, true)",
    "first_value(a)",
    "last(a)",
    "last_value(a)",
    "any_value(a)",
    "collect_list(a)",
    "collect_set(a)",
    "stddev(a)",
    "stddev_samp(a)",
    "stddev_pop(a)",
    "std(a)",
    "variance(a)",
    "var_samp(a)",
    "var_pop(a)",
    "corr(a, b)",
    "covar_pop(a, b)",
    "covar_samp(a, b)",
    "approx_count_distinct(a)",
    "approx_count_distinct(a, 0.1)",
    "percentile(a, 0.5)",
    "percentile_approx(a, 0.5)",
    "approx_percentile(a, 0.5, 100)",
    "median(a)",
    "mode(a)",
    "percentile_cont(0.5) WITHIN GROUP (ORDER BY a)",
    "percentile_disc(0.5) WITHIN GROUP (ORDER BY a DESC)",
    "max_by(a, b)",
    "min_by(a, b)",
    "bool_and(a > 1)",
    "every(a > 1)",
    "bool_or(a > 1)",
    "some(a > 1)",
    "any(a > 1)",
    "count_if(a > 1)",
    "skewness(a)",
    "kurtosis(a)",
    "sum(a) FILTER (WHERE b > 1)",
    "count(*) FILTER (WHERE a > 1)",
    "bit_and(a)",
    "bit_or(a)",
    "bit_xor(a)",
    "array_agg(a)",
    "listagg(s, ',')",
    "string_agg(s)",
    "regr_slope(a, b)",
    "product(a)",
    "sum(a) + 1",
    "sum(a + b)",
    "histogram_numeric(a, 2)",
    "row_number() OVER (ORDER BY a)",
    "rank() OVER (PARTITION BY a ORDER BY b DESC)",
    "dense_rank() OVER (ORDER BY a)",
    "percent_rank() OVER (ORDER BY a)",
    "cume_dist() OVER (ORDER BY a)",
    "ntile(2) OVER (ORDER BY a)",
    "lag(a) OVER (ORDER BY a)",
    "lag(a, 2, 0) OVER (ORDER BY a)",
    "lead(a) OVER (ORDER BY a)",
    "sum(a) OVER ()",
    "sum(a) OVER (PARTITION BY b)",
    "sum(a) OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
    "sum(a) OVER (ORDER BY a RANGE BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING)",
    "first_value(a) OVER (ORDER BY a ROWS 1 PRECEDING)",
    "nth_value(a, 2) OVER (ORDER BY a)",
    "avg(a) OVER (PARTITION BY b ORDER BY a NULLS LAST)",
    "array(a, b)",
    "array(a, b)[0]",
    "map('k', a)",
    "map('k', a)['k']",
    "struct(a, b)",
    "struct(a, b).a",
    "named_struct('x', a)",
    "named_struct('x', a).x",
    "st.f",
    "st.*",
    "arr[0]",
    "arr",
    "m['k']",
    "m.k",
    "(a, b)",
    "size(arr)",
    "explode(arr)",
    "posexplode(arr)",
    "explode(m)",
    "inline(array(struct(a, b)))",
    "stack(2, a, b)",
    "json_tuple('{\"a\":1}', 'a', 'b')",
    "transform(arr, x -> x + 1)",
    "filter(arr, x -> x > 1)",
    "aggregate(arr, 0, (acc, x) -> acc + x)",
    "exists(arr, x -> x > 1)",
    "transform(arr, (x, i) -> x + i)",
    "map_filter(m, (k, v) -> v > 1)",
    "zip_with(arr, arr, (x, y) -> x + y)",
    "upper(s)",
    "concat(s, 'x')",
    "s || 'x'",
    "substring(s, 1, 2)",
    "substring(s FROM 1 FOR 2)",
    "trim(s)",
    "trim(BOTH 'x' FROM s)",
    "trim(LEADING 'x' FROM s)",
    "position('a' IN s)",
    "overlay(s PLACING 'x' FROM 1)",
    "extract(YEAR FROM d)",
    "year(d)",
    "date_part('month', d)",
    "d + 1",
    "d - 1",
    "d + INTERVAL 1 DAY",
    "d - d",
    "date_add(d, 1)",
    "datediff(d, d)",
    "timestampadd(DAY, 1, d)",
    "timestampdiff(DAY, d, d)",
    "dateadd(MONTH, 1, d)",
    "current_date() > d",
    "round(a, 1)",
    "pow(a, 2)",
    "power(a, 2)",
    "log(a)",
    "log(2, a)",
    "ln(a)",
    "mod(a, 2)",
    "ceil(a)",
    "ceiling(a)",
    "char_length(s)",
    "length(s)",
    "sign(a)",
    "signum(a)",
    "1",
    "1.5",
    "'x'",
    "NULL",
    "true",
    "X'1F'",
    "DATE '2020-01-31'",
    "TIMESTAMP '2020-01-31 10:00:00'",
    "INTERVAL 1 DAY",
    "INTERVAL '1-2' YEAR TO MONTH",
    "1e5",
    "-1",
    "- 1",
    "'it''s'",
    "1 + 1",
    "(1)",
    "((a + b)) * 2",
    "a + b * 2",
    "(a + b) * 2",
    "(SELECT 1)",
    "(SELECT max(a) FROM t)",
    "EXISTS (SELECT 1)",
    "a IN (SELECT 1)",
    "current_timestamp() IS NULL",
    "now() IS NULL",
    "typeof(a)",
    "version() IS NULL",
    "a -- comment",
    "/* c */ a",
    "t.*",
    "*",
    "* EXCEPT (a)",
    "t.st.f",
    "date_format(d, 'yyyy')",
    "to_date(s)",
    "to_timestamp('2020-01-01')",
    "unix_timestamp('2020-01-01', 'yyyy-MM-dd')",
    "window(d, '1 day')",
    "sha2(s, 256)",
    "`a` + `b`",
    "rand(1) IS NULL",
    "uuid() IS NULL",
    "hex(a)",
    "s COLLATE UTF8_LCASE",
]
TABLE = (
    "(SELECT 1 AS a, 2 AS b, 'abc' AS s, DATE '2020-01-31' AS d, array(1, 2) AS arr, "
    "map('k', 1) AS m, named_struct('f', 9) AS st) t"
)
NAMED_CTE = ("(SELECT max(a) FROM t)",)


def _names():
    for expression in NAMES:
        if expression in NAMED_CTE:
            yield f"WITH t AS (SELECT 1 AS a) SELECT {expression} FROM t"
        elif expression.endswith("-- comment"):
            yield f"SELECT {expression}\nFROM {TABLE}"
        else:
            yield f"SELECT {expression} FROM {TABLE}"


def _columns():
    """The same arithmetic over columns of several rows, so that nothing can be folded into a literal."""
    rows = {
        "int": "(1, 2), (NULL, 3), (-7, 3), (2147483647, NULL)",
        "bigint": "(1L, 2L), (NULL, 3L), (-7L, 3L)",
        "double": "(1.5D, 2D), (NULL, 3D), (-7D, 3D), (double('NaN'), 1D)",
        "decimal": "(1.50, 2.25), (NULL, 3.00), (-7.10, 3.33)",
        "mixed": "(1, 2.5), (NULL, 3.0), (-7, 3.1)",
        "string": "('1', '2'), (NULL, '3'), ('-7', '3')",
    }
    for values in rows.values():
        for op in ("+", "-", "*", "/", "%", "=", "<", "<=>", "<>"):
            yield f"SELECT a {op} b AS r FROM VALUES {values} AS t(a, b)"
    for kind in (
        "TINYINT",
        "SMALLINT",
        "INT",
        "BIGINT",
        "FLOAT",
        "DOUBLE",
        "DECIMAL(10,2)",
        "STRING",
        "DATE",
        "TIMESTAMP",
        "BOOLEAN",
        "BINARY",
    ):
        good = {
            "DATE": "'2020-02-29'",
            "TIMESTAMP": "'2020-02-29 01:02:03'",
            "BOOLEAN": "'true'",
            "BINARY": "'ab'",
        }.get(kind, "'12'")
        yield f"SELECT CAST(a AS {kind}) AS r FROM VALUES ({good}), (NULL) AS t(a)"
        yield f"SELECT TRY_CAST(a AS {kind}) AS r FROM VALUES ({good}), ('zz'), (NULL) AS t(a)"
        yield f"SELECT CAST(a AS {kind}) AS r FROM VALUES ({good}), ('zz') AS t(a)"
        yield f"SELECT CAST(CAST(a AS {kind}) AS STRING) AS r FROM VALUES ({good}), (NULL) AS t(a)"


def files():
    yield "operators/arithmetic", list(_arithmetic())
    yield "operators/temporal", list(_temporal())
    yield "operators/misfit", list(_misfit())
    overflow = list(_overflow())
    yield "operators/overflow", overflow
    yield "operators/overflow_legacy", ["conf spark.sql.ansi.enabled=false", *overflow]
    yield "operators/comparison", list(_comparison())
    yield "operators/decimal", list(_decimal())
    yield "operators/columns", list(_columns())
    yield "literals/literals", [f"SELECT {text}" for text in LITERALS]
    yield "names/columns", list(_names())
    legacy = ["conf spark.sql.ansi.enabled=false"]
    legacy += [
        f"SELECT {a} {op} {b}"
        for op in ("+", "/", "=")
        for a in ("'7'", "'x'", "7", "7.5D", "true", "DATE '2020-01-31'")
        for b in ("'7'", "'x'", "2", "2.5", "NULL")
    ]
    yield "operators/legacy", legacy
