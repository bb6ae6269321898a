"""Explain texts: each line is a DataFrame, explained in every mode; a line that begins with EXPLAIN is the SQL statement.

What our engine has not, code generation and adaptive execution, is switched off, so that physical plans compare.
"""

FOLDER = "explain"
SETUP = """
spark.conf.set('spark.sql.codegen.wholeStage', 'false')
spark.conf.set('spark.sql.adaptive.enabled', 'false')
"""
QUERIES = """
SELECT 1 AS a
SELECT 1, 'x', 1.5, true, NULL, DATE'2020-01-31', TIMESTAMP'2020-01-31 10:00:00', 2.5D, 3L, X'0AFF', INTERVAL '2' DAY
SELECT id FROM range(10)
SELECT * FROM range(10) WHERE id > 5
SELECT id, id + 1 AS next, id * 2 FROM range(1, 20, 3) WHERE id > 5 AND id < 15
SELECT a + 1 AS b FROM VALUES (1), (2) AS t(a) WHERE a > 1
SELECT * FROM VALUES (1, 'a'), (2, NULL) AS t(a, b)
SELECT t.* FROM VALUES (1, 'a'), (2, NULL) AS t(a, b) WHERE b IS NOT NULL
SELECT id FROM range(10) WHERE id > 3 ORDER BY id LIMIT 2
SELECT id FROM range(10) ORDER BY id DESC NULLS LAST
SELECT id AS x FROM range(10) ORDER BY id
SELECT id FROM range(10) LIMIT 3
SELECT id FROM range(10) LIMIT 3 OFFSET 2
SELECT DISTINCT id FROM range(10)
SELECT id % 3 AS k, sum(id) FROM range(10) GROUP BY id % 3
SELECT id % 3 AS k, count(*) AS n FROM range(10) GROUP BY k HAVING count(*) > 1
SELECT k, sum(v) AS s FROM VALUES (1, 10), (1, 20), (2, 30) AS t(k, v) GROUP BY k
SELECT k, sum(v) AS s FROM VALUES (1, 10), (1, 20), (2, 30) AS t(k, v) GROUP BY k HAVING sum(v) > 10 ORDER BY s DESC
SELECT count(*), min(id), max(id), avg(id) FROM range(10)
SELECT count(DISTINCT id) FROM range(10)
SELECT count(id) FILTER (WHERE id > 3) FROM range(10)
SELECT k, sum(v) FROM VALUES (1, 10), (1, 20) AS t(k, v) GROUP BY ROLLUP (k)
SELECT a.id FROM range(10) a JOIN range(5) b ON a.id = b.id
SELECT * FROM range(10) a LEFT JOIN range(5) b ON a.id = b.id
SELECT * FROM range(10) a LEFT SEMI JOIN range(5) b ON a.id = b.id
SELECT * FROM range(10) a LEFT ANTI JOIN range(5) b USING (id)
SELECT * FROM range(10) a JOIN range(5) b USING (id)
SELECT * FROM range(10) a CROSS JOIN range(5) b
SELECT * FROM range(10) a, range(5) b WHERE a.id = b.id AND a.id > 2
SELECT * FROM range(10) a FULL OUTER JOIN range(5) b ON a.id = b.id
SELECT * FROM range(10) a JOIN range(5) b ON a.id < b.id
SELECT id, row_number() OVER (ORDER BY id) AS n FROM range(3)
SELECT k, v, sum(v) OVER (PARTITION BY k ORDER BY v) AS s FROM VALUES (1, 10), (2, 20) AS t(k, v)
SELECT k, lag(v, 1) OVER (PARTITION BY k ORDER BY v DESC) AS p FROM VALUES (1, 10), (2, 20) AS t(k, v)
SELECT 1 AS a UNION ALL SELECT 2
SELECT id FROM range(3) UNION SELECT id FROM range(5)
SELECT id FROM range(3) INTERSECT SELECT id FROM range(5)
SELECT id FROM range(3) EXCEPT SELECT id FROM range(5)
SELECT explode(array(1, 2)) AS x
SELECT id, x FROM range(3) LATERAL VIEW explode(array(1, 2)) e AS x
WITH t AS (SELECT id FROM range(5)) SELECT * FROM t WHERE id > 1
WITH t AS (SELECT id FROM range(5)) SELECT a.id FROM t a JOIN t b ON a.id = b.id
SELECT * FROM (SELECT id AS x FROM range(4)) s WHERE s.x = 2
SELECT id, (SELECT max(id) FROM range(3)) AS m FROM range(2)
SELECT id FROM range(5) WHERE id IN (SELECT id FROM range(3))
SELECT id FROM range(5) a WHERE EXISTS (SELECT 1 FROM range(3) b WHERE b.id = a.id)
SELECT id IN (1, 2), id BETWEEN 1 AND 3, NOT (id = 1), id != 2, id <=> 3, id IS NULL FROM range(3)
SELECT CASE WHEN id > 1 THEN 'big' ELSE 'small' END, CASE id WHEN 1 THEN 'one' END, if(id > 0, 1, 2), coalesce(id, 0), nullif(id, 1) FROM range(3)
SELECT cast(id AS string), cast(id AS int), id::double, try_cast('x' AS int), cast('2020-01-01' AS date) FROM range(3)
SELECT upper(b), concat(b, 'x'), b || 'y', substring(b, 1, 2), length(b), b LIKE 'a%', b RLIKE 'x', trim(b), lower(b) FROM VALUES ('a') AS t(b)
SELECT -id, +id, id / 2, id % 2, id div 2, abs(id), round(id / 3, 2), ~id, id & 1 FROM range(3)
SELECT a > 1 OR a < 0 AND NOT (a = 5) FROM VALUES (1) AS t(a)
SELECT array(1, 2)[0], map('k', 1)['k'], named_struct('a', 1).a, struct(1 AS x, 'y' AS z) AS s FROM range(1)
SELECT s.a, m['k'], l[0] FROM VALUES (named_struct('a', 1), map('k', 1), array(1)) AS t(s, m, l)
SELECT year(d), date_add(d, 1), d + INTERVAL 1 DAY, datediff(d, d) FROM VALUES (DATE'2020-01-01') AS t(d)
SELECT transform(l, x -> x + 1), filter(l, x -> x > 1) FROM VALUES (array(1)) AS t(l)
SELECT a AS a1, a1 + 1 AS a2 FROM VALUES (1) AS t(a)
SELECT * FROM VALUES (1, 'x'), (2, 'y') AS t(a, b) PIVOT (sum(a) FOR b IN ('x', 'y'))
SELECT * FROM (SELECT id FROM range(10)) TABLESAMPLE (50 PERCENT) REPEATABLE (1)
SELECT * FROM (SELECT id FROM range(10)) TABLESAMPLE (3 ROWS)
SELECT /*+ BROADCAST(b) */ a.id FROM range(10) a JOIN range(5) b ON a.id = b.id
SELECT /*+ REPARTITION(3) */ id FROM range(10)
SELECT id FROM range(10) SORT BY id
SELECT id FROM range(10) DISTRIBUTE BY id SORT BY id
FROM range(3) SELECT id
VALUES (1, 'a'), (2, 'b')
TABLE v
SELECT * FROM v WHERE k = 1
SELECT x.k, x.v + 1 FROM v AS x
"""
FRAMES = """
spark.range(10)
spark.range(10).filter('id > 5')
spark.range(10).filter(F.col('id') > 5).select('id')
spark.range(10).select(F.col('id'), (F.col('id') + 1).alias('next'), F.lit('x'))
spark.range(10).select('*')
spark.range(10).withColumn('x', F.col('id') * 2)
spark.range(10).withColumn('id', F.col('id').cast('string'))
spark.range(10).withColumnRenamed('id', 'key')
spark.range(10).toDF('key')
spark.range(10).drop('id')
df
df.drop('v')
df.select(df.k, df.v)
df.filter((df.k > 1) & df.v.isNotNull())
df.alias('a').select('a.k')
df.groupBy('k').agg(F.sum('v').alias('s'), F.count('*'))
df.groupBy('k').count()
df.groupBy().agg(F.max('v'))
df.groupBy(F.col('k') % 2).agg(F.avg('v'))
df.distinct()
df.dropDuplicates(['k'])
df.orderBy('k', F.desc('v'))
df.sort(F.col('k').desc_nulls_last())
df.sortWithinPartitions('k')
df.limit(2)
df.orderBy('k').limit(2)
df.offset(1)
df.join(other, 'k')
df.join(other, df.k == other.k, 'left')
df.join(other, df.k == other.k)
df.join(other, 'k', 'leftsemi')
df.crossJoin(other)
df.join(F.broadcast(other), 'k')
df.alias('a').join(df.alias('b'), F.col('a.k') == F.col('b.k'))
df.union(df)
df.unionByName(swapped)
df.intersect(df)
df.exceptAll(df)
df.repartition(3)
df.repartition(3, 'k')
df.coalesce(1)
df.sample(0.5, seed=1)
df.hint('broadcast')
df.na.fill(0)
df.na.drop()
df.withColumn('r', F.row_number().over(W.partitionBy('k').orderBy('v')))
df.withColumn('s', F.sum('v').over(W.partitionBy('k').orderBy('v').rowsBetween(-1, 0)))
df.select(F.explode(F.array('k', 'v')).alias('x'))
df.select(F.when(df.k > 1, 'a').when(df.k > 0, 'b').otherwise('c').alias('w'))
df.select(df.v.cast('int'), df.v.isNull(), ~(df.k == 1), df.k.isin(1, 2), df.k.between(1, 3), -df.k)
df.selectExpr('k + 1 AS kk', 'upper(cast(v AS string))')
df.filter('k > 1').filter('v > 2').select('k')
df.cube('k').agg(F.sum('v'))
df.groupBy('k').pivot('v', [1, 2]).count()
df.unpivot('k', ['v'], 'name', 'value')
df.to(T.StructType([T.StructField('v', T.LongType()), T.StructField('k', T.LongType())]))
wide
wide.select('*').filter('c1 > 0')
spark.table('v')
spark.table('v').filter('k > 1')
spark.createDataFrame([], 'a int')
spark.read.csv(R + '/csv/no_header.csv', schema='a int, b string')
spark.read.csv(R + '/csv/no_header.csv', schema='a int, b string').filter('a > 1').select('b')
spark.read.csv(R + '/csv/int_then_long.csv', header=True, inferSchema=True)
spark.read.json(R + '/json/lines.json', schema='a int, b string')
spark.read.text(R + '/text')
spark.read.csv(R + '/csv/parted', header=True, schema='v int, k string').where("k = 'x'")
"""
CACHED = [
    ("spark.range(10)", "spark.range(10)"),
    ("spark.range(10)", "spark.range(10).filter('id > 5')"),
    ("df.select('k')", "df.select('k')"),
    (
        "df.filter('k > 1').select('k', 'v')",
        "df.filter('k > 1').select('k', 'v').groupBy('k').count()",
    ),
]
STATEMENTS = """
EXPLAIN SELECT id FROM range(10) WHERE id > 5
EXPLAIN EXTENDED SELECT id FROM range(10) WHERE id > 5
EXPLAIN CODEGEN SELECT id FROM range(10) WHERE id > 5
EXPLAIN COST SELECT id FROM range(10) WHERE id > 5
EXPLAIN FORMATTED SELECT id FROM range(10) WHERE id > 5
EXPLAIN SELECT nope
EXPLAIN EXTENDED SELECT nope FROM range(3)
EXPLAIN SELECT * FROM nope
EXPLAIN FORMATTED SELECT id FROM range(3) WHERE nope > 1
EXPLAIN CREATE TEMPORARY VIEW w AS SELECT 1 AS a
EXPLAIN EXTENDED CREATE TEMPORARY VIEW w AS SELECT 1 AS a
EXPLAIN SHOW TABLES
EXPLAIN EXTENDED SHOW TABLES
EXPLAIN SET x = 1
EXPLAIN DESCRIBE v
EXPLAIN EXTENDED CREATE TABLE t (a INT) USING parquet
EXPLAIN EXPLAIN SELECT 1
EXPLAIN SELECT sum(id) FROM range(3) GROUP BY nope
EXPLAIN EXTENDED SELECT * FROM range(3) WHERE id = 'x' AND nope
EXPLAIN SELECT id FROM range(3) ORDER BY nope
EXPLAIN SELECT a.id FROM range(3) a JOIN nope b ON a.id = b.id
EXPLAIN SELECT id + 'x' FROM range(3) WHERE id > 1
"""
DATA = (
    SETUP
    + """
R = '/tmp/sparring-fixtures/files'
df = spark.createDataFrame([(1, 10), (2, None), (3, 30)], 'k long, v int')
other = spark.createDataFrame([(1, 'a'), (2, 'b')], 'k long, w string')
swapped = spark.createDataFrame([(10, 1)], 'v int, k long')
wide = spark.createDataFrame([tuple(range(40))], [f'c{i}' for i in range(40)])
"""
)
VIEW = "spark.createDataFrame([(1, 10), (2, None), (3, 30)], 'k long, v int').createOrReplaceTempView('v')\n"
MORE = {
    "CREATE TEMP VIEW; SELECT": "spark.sql('CREATE TEMPORARY VIEW sv AS SELECT id, id * 2 AS twice FROM range(5)')\nx = spark.sql('SELECT twice FROM sv WHERE id > 2')",
    "CREATE TEMP VIEW (columns); table": "spark.sql('CREATE TEMPORARY VIEW sv (a, b) AS SELECT id, id * 2 FROM range(5)')\nx = spark.table('sv')",
    "view twice": VIEW + "x = spark.sql('SELECT a.k FROM v a JOIN v b ON a.k = b.k')",
    "view of view": VIEW
    + "spark.table('v').filter('k > 1').createOrReplaceTempView('w')\nx = spark.table('w').select('v')",
    "CTE of CTE": "x = spark.sql('WITH a AS (SELECT id FROM range(5)), b AS (SELECT id AS x FROM a) SELECT x FROM b')",
    "CTE with columns": "x = spark.sql('WITH t(x) AS (SELECT id FROM range(5)) SELECT x FROM t')",
    "subquery NOT IN": "x = spark.sql('SELECT id FROM range(5) WHERE id NOT IN (SELECT id FROM range(3))')",
    "correlated scalar": "x = spark.sql('SELECT a.id, (SELECT max(b.id) FROM range(3) b WHERE b.id < a.id) AS m FROM range(5) a')",
    "two windows": "x = spark.sql('SELECT id, sum(id) OVER (ORDER BY id) AS s, rank() OVER (ORDER BY id DESC) + 1 AS r FROM range(3)')",
    "group by two": "x = spark.sql('SELECT id % 2, id % 3, max(id) + 1 AS m FROM range(9) GROUP BY id % 2, id % 3')",
    "cube of two": "x = spark.sql('SELECT a, b, count(*) FROM VALUES (1, 2, 3) AS t(a, b, c) GROUP BY CUBE (a, b)')",
    "grouping sets": "x = spark.sql('SELECT a, b, sum(c) FROM VALUES (1, 2, 3) AS t(a, b, c) GROUP BY GROUPING SETS ((a), (b), ())')",
    "order by aggregate": "x = spark.sql('SELECT k, sum(v) AS s FROM VALUES (1, 10) AS t(k, v) GROUP BY k ORDER BY max(v)')",
    "having not selected": "x = spark.sql('SELECT k FROM VALUES (1, 10) AS t(k, v) GROUP BY k HAVING max(v) > 3')",
    "order by ordinal": "x = spark.sql('SELECT id, id * 2 AS t FROM range(3) ORDER BY 2 DESC, id')",
    "natural join": "x = spark.sql('SELECT * FROM range(3) a NATURAL JOIN range(5) b')",
    "full join using": "x = spark.sql('SELECT * FROM range(3) a FULL JOIN range(5) b USING (id)')",
    "right join using": "x = spark.sql('SELECT * FROM range(3) a RIGHT JOIN range(5) b USING (id)')",
    "union of types": 'x = spark.sql("SELECT 1 AS a UNION ALL SELECT 2L")',
    "subquery alias with columns": "x = spark.sql('SELECT t.a FROM (SELECT id FROM range(3)) AS t(a)')",
    "select star except": "x = spark.sql('SELECT * EXCEPT (b) FROM VALUES (1, 2) AS t(a, b)')",
    "lateral view outer posexplode": "x = spark.sql('SELECT id, p, c FROM range(3) LATERAL VIEW OUTER posexplode(array(1, 2)) e AS p, c')",
    "inline": "x = spark.sql('SELECT inline(array(struct(1 AS a, 2 AS b)))')",
    "limit all": "x = spark.sql('SELECT id FROM range(5) ORDER BY id LIMIT 3 OFFSET 1')",
    "chain": "x = df.filter('k > 1').withColumn('x', F.col('k') + 1).withColumnRenamed('x', 'y').drop('v').orderBy('y').limit(3)",
    "with columns twice": "x = df.withColumn('a', F.lit(1)).withColumn('b', F.col('a') + 1)",
    "join then select": "x = df.alias('l').join(other.alias('r'), F.col('l.k') == F.col('r.k')).select('l.k', 'r.w')",
    "self join": "x = df.join(df.withColumnRenamed('v', 'w'), 'k')",
    "functions": "x = df.select(F.upper(F.lit('a')), F.concat_ws('-', 'k', 'v'), F.to_date(F.lit('2020-01-01')), F.current_date(), F.round('v', 1), F.coalesce('v', F.lit(0)), F.expr('k + 1'))",
    "replace": "x = df.na.replace([1], [2])",
    "describe": "x = df.describe('v')",
    "collect_list": "x = df.groupBy('k').agg(F.collect_list('v'), F.first('v'), F.countDistinct('v'), F.stddev('v'))",
    "parquet": "spark.range(3).write.mode('overwrite').parquet('/tmp/sparring-scratch/explain')\nx = spark.read.parquet('/tmp/sparring-scratch/explain').filter('id > 1')",
}
EVERY = "\nfor mode in ('simple', 'extended', 'codegen', 'cost', 'formatted'):\n    x._explain_string(mode=mode)\n"


def lines(text):
    return [line for line in text.strip().split("\n") if line.strip()]


def explained(expression):
    view = VIEW if "table('v')" in expression else ""
    return view + f"x = {expression}" + EVERY


def areas():
    queries = {
        q: (VIEW if " v " in q + " " else "") + f'x = spark.sql("""{q}""")' + EVERY
        for q in lines(QUERIES)
    }
    yield "sql", SETUP, queries
    yield "dataframe", DATA, {line: explained(line) for line in lines(FRAMES)}
    yield "more", DATA, {name: snippet + EVERY for name, snippet in MORE.items()}
    statements = {
        s: (VIEW if " v " in s + " " else "") + f'x = spark.sql("""{s}""")'
        for s in lines(STATEMENTS)
    }
    yield "statements", SETUP, statements
    # The reference shares what is cached among its sessions.
    cached = {
        f"kept = {kept}; {shown}": f"kept = {kept}.cache()\nx = {shown}"
        + EVERY
        + "kept.unpersist()"
        for kept, shown in CACHED
    }
    yield "cached", DATA, cached
    limits = {
        f"maxToStringFields={n}": f"spark.conf.set('spark.sql.debug.maxToStringFields', '{n}')\nx = wide.filter('c1 > 0')"
        + EVERY
        for n in (0, 1, 2, 5, 100)
    }
    yield "truncated", DATA, limits
