"""What garbled queries came to (tests/it/garbled.rs): arguments of types that nobody passes."""

QUERIES = """
SELECT hll_sketch_estimate()
SELECT array_size()
SELECT id, (arr) AS (p, e) FROM VALUES (1, array(1, 2)) AS t(id, arr)
SELECT v, ((20, v) IN (SELECT k, 'a' FROM VALUES (1, 10), (1, k) AS i(k, n))) AS x FROM VALUES (1, 'a'), (2, 'b') AS o(k, v)
SELECT approx_percentile('a', 1, array(1))
SELECT approx_percentile(1, 1, 'x')
SELECT lag(1, 'a')
SELECT lag(1, 'a') OVER (ORDER BY 1)
SELECT lead(1, array(1)) OVER (ORDER BY 1)
SELECT lag(1, '1') OVER (ORDER BY 1)
SELECT nth_value(1, 'a') OVER (ORDER BY 1)
SELECT nth_value(1, array(1)) OVER (ORDER BY 1)
SELECT ntile('2') OVER (ORDER BY 1)
SELECT ntile(array(1)) OVER (ORDER BY 1)
SELECT ntile(X'01') OVER (ORDER BY 1)
SELECT rand('a')
SELECT rand(array(1))
SELECT rand(true)
SELECT randn(map('a', 1))
SELECT rand(1Y) IS NULL
CREATE TEMPORARY FUNCTION f(x INT COMMENT) RETURNS INT RETURN x
CREATE TEMPORARY FUNCTION f(x INT COMMENT y) RETURNS INT RETURN x
SELECT randn(CAST(NULL AS INT)) IS NULL
"""


def files():
    yield "errors/garbled", QUERIES.strip().split("\n")
