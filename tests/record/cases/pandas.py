"""The functions that only the pandas API on Spark calls, and what it asks of windows."""

SETUP = """
from pyspark.sql.connect.functions.builtin import _invoke_function_over_columns as call
class SF: stddev = lambda c, n: call('pandas_stddev', c, F.lit(n)); var = lambda c, n: call('pandas_var', c, F.lit(n)); skew = lambda c: call('pandas_skew', c); kurt = lambda c: call('pandas_kurt', c); product = lambda c, b: call('pandas_product', c, F.lit(b)); mode = lambda c, b: call('pandas_mode', c, F.lit(b)); covar = lambda a, b, n: call('pandas_covar', a, b, F.lit(n)); ewm = lambda c, a, b: call('ewm', c, F.lit(a), F.lit(b)); null_index = lambda c: call('null_index', c); distributed_id = lambda: call('distributed_id'); distributed_sequence_id = lambda: call('distributed_sequence_id'); collect_top_k = lambda c, n, b: call('collect_top_k', c, F.lit(n), F.lit(b)); array_binary_search = lambda a, v: call('array_binary_search', a, v); timestamp_ntz_to_long = lambda c: call('timestamp_ntz_to_long', c)
df = spark.createDataFrame([(1, 1.5, 'x', True), (2, None, 'y', False), (3, 2.5, 'x', None), (3, -1.0, None, True)], 'i int, d double, s string, b boolean').coalesce(1)
gaps = spark.createDataFrame([(1, None), (2, None), (3, 1.0), (4, None), (5, None), (6, 4.0)], 'i int, d double').coalesce(1)
big = spark.range(0, 20, 1, 1).select((F.col('id') * F.col('id') % 7).cast('double').alias('d'), F.when(F.col('id') % 3 == 0, None).otherwise(F.col('id')).alias('n'), (F.col('id') % 4).alias('g'))
up = W.orderBy('i').rowsBetween(W.unboundedPreceding, W.currentRow)
"""

SNIPPETS = """
df.select(SF.stddev(F.col('i'), 1), SF.stddev(F.col('d'), 0), SF.var(F.col('i'), 1), SF.var(F.col('d'), 0))
df.select(SF.stddev(F.col('b'), 1))
df.select(SF.var(F.col('s'), 1))
df.select(SF.skew(F.col('i')), SF.kurt(F.col('i')), SF.skew(F.col('d')), SF.kurt(F.col('d')))
df.select(SF.product(F.col('i'), True), SF.product(F.col('i'), False), SF.product(F.col('d'), True), SF.product(F.col('d'), False))
df.select(SF.product(F.col('b'), True))
df.select(SF.product(F.col('i').cast('long') * 10000000000, True))
df.select(SF.mode(F.col('i'), True), SF.mode(F.col('s'), True), SF.mode(F.col('b'), True), SF.mode(F.col('s'), False))
df.select(SF.mode(F.col('d'), True), SF.mode(F.col('d'), False))
df.select(SF.covar(F.col('i'), F.col('d'), 1), SF.covar(F.col('d'), F.col('d'), 0))
df.select(SF.collect_top_k(F.col('i'), 2, False), SF.collect_top_k(F.col('i'), 2, True), SF.collect_top_k(F.col('d'), 2, False), SF.collect_top_k(F.col('s'), 9, True))
df.limit(1).select(SF.stddev(F.col('i'), 1), SF.stddev(F.col('i'), 0), SF.var(F.col('i'), 1), SF.skew(F.col('i')), SF.kurt(F.col('i')), SF.product(F.col('i'), True), SF.mode(F.col('i'), True), SF.covar(F.col('i'), F.col('i'), 1))
df.limit(0).select(SF.stddev(F.col('i'), 0), SF.var(F.col('i'), 1), SF.skew(F.col('i')), SF.kurt(F.col('i')), SF.product(F.col('i'), True), SF.product(F.col('i'), False), SF.mode(F.col('i'), True), SF.covar(F.col('i'), F.col('i'), 1), SF.collect_top_k(F.col('i'), 2, True))
df.limit(2).select(SF.skew(F.col('i')), SF.kurt(F.col('i')))
df.limit(3).select(SF.skew(F.col('i')), SF.kurt(F.col('i')))
big.select(SF.stddev(F.col('d'), 1), SF.var(F.col('n'), 0), SF.skew(F.col('d')), SF.kurt(F.col('d')), SF.product(F.col('n'), True), SF.mode(F.col('d'), True), SF.mode(F.col('n'), False), SF.covar(F.col('d'), F.col('n'), 1))
big.groupBy('g').agg(SF.stddev(F.col('d'), 1), SF.mode(F.col('n'), True), SF.product(F.col('n'), True)).orderBy('g')
df.select('i', SF.ewm(F.col('d'), 0.5, True).over(up).alias('t'), SF.ewm(F.col('d'), 0.5, False).over(up).alias('f'), SF.ewm(F.col('b'), 0.25, True).over(up).alias('b'))
gaps.select('i', SF.ewm(F.col('d'), 0.5, True).over(up), SF.ewm(F.col('d'), 0.5, False).over(up), SF.null_index(F.col('d')).over(up))
gaps.select(SF.null_index(F.col('d')).over(W.orderBy(F.desc('i')).rowsBetween(W.unboundedPreceding, W.currentRow)))
gaps.select(SF.null_index(F.col('d')).over(W.orderBy('i').rowsBetween(-1, 0)))
gaps.select(SF.null_index(F.col('d')))
gaps.select(SF.ewm(F.col('d'), 0.5, True))
df.select(SF.distributed_id(), SF.distributed_sequence_id())
df.select((SF.distributed_sequence_id() + 1).alias('n'), 'i')
df.filter('i > 1').select(SF.distributed_sequence_id().alias('n'), '*')
df.select(SF.array_binary_search(F.array(F.lit(1), F.lit(3), F.lit(5)), F.lit(3)), SF.array_binary_search(F.array(F.lit(1), F.lit(3), F.lit(5)), F.lit(4)), SF.array_binary_search(F.array(F.lit(1), F.lit(3), F.lit(5)), F.lit(0)), SF.array_binary_search(F.array(F.lit(1), F.lit(3), F.lit(5)), F.lit(9)), SF.array_binary_search(F.array(F.lit('a'), F.lit('c')), F.lit('b')), SF.array_binary_search(F.array(F.lit(1.5), F.lit(3.5)), F.col('d'))).limit(2)
df.select(SF.timestamp_ntz_to_long(F.lit('2020-01-01 00:00:01.9').cast('timestamp_ntz')), SF.timestamp_ntz_to_long(F.lit('1969-12-31 23:59:59.5').cast('timestamp_ntz')), SF.timestamp_ntz_to_long(F.lit(None).cast('timestamp_ntz'))).limit(1)
df.select(F.product('i'), F.expr('i + 1')).limit(1)
df.select(F.expr('pandas_stddev(i, 1)'))
df.select(F.lag('i', 1).over(W.orderBy('i').rowsBetween(-1, -1)), F.lead('i', 2).over(W.orderBy('i').rowsBetween(2, 2)), F.lag('i', -1).over(W.orderBy('i').rowsBetween(1, 1)))
df.select(F.lag('i', 1).over(W.orderBy('i').rowsBetween(-2, -1)))
df.select(F.lag('i', 1).over(W.orderBy('i').rangeBetween(-1, -1)))
df.select(F.avg(F.row_number().over(W.orderBy('i'))).over(W.partitionBy('s')))
df.select(F.sum(F.sum('i').over(W.partitionBy('s'))).over(W.orderBy('i')))
df.select(F.row_number().over(W.orderBy(F.rank().over(W.orderBy('i')))))
df.select('i', F.sum(F.col('i') + F.max(F.rank().over(W.orderBy('d'))).over(W.partitionBy('s'))).over(W.orderBy('i')).alias('x'))
df.groupBy('s').agg(F.sum(F.sum('i')).over(W.orderBy('s')).alias('x'), F.avg(F.row_number().over(W.orderBy('s'))).over(W.orderBy('s')).alias('y'))
"""


def areas():
    lines = SNIPPETS.strip().split("\n")
    yield "functions/pandas", SETUP, {line: line for line in lines}
