"""Reading and writing files: inference, options, modes. Paths lie below /tmp/sparring-fixtures."""

ROOT = "/tmp/sparring-fixtures/files"
CSV_FILES = """ladder int_then_long no_header quotes semicolon ragged duplicate_header empty header_only nulls specials money percent
bools dates times date_and_time comments crlf bom unicode bad escape""".split()
JSON_FILES = "lines types conflict corrupt multi object nested casing empty unicode numbers".split()
CSV = """
spark.read.csv(R + '/csv/tabs.tsv', sep='\\t', header=True, inferSchema=True)
spark.read.option('delimiter', ';').option('header', 'true').csv(R + '/csv/semicolon.csv')
spark.read.csv(R + '/csv/no_header.csv', schema='id int, name string, d date')
spark.read.schema('id long, name string').csv(R + '/csv/no_header.csv')
spark.read.csv(R + '/csv/bad.csv', schema='a int, b string', header=True)
spark.read.csv(R + '/csv/bad.csv', schema='a int, b string', header=True, mode='DROPMALFORMED')
spark.read.csv(R + '/csv/bad.csv', schema='a int, b string', header=True, mode='FAILFAST')
spark.read.csv(R + '/csv/bad.csv', schema='a int, b string, _corrupt_record string', header=True)
spark.read.csv(R + '/csv/bad.csv', schema='a int, b string, bad string', header=True, columnNameOfCorruptRecord='bad')
spark.read.csv(R + '/csv/ragged.csv', header=True, mode='DROPMALFORMED')
spark.read.csv(R + '/csv/nulls.csv', header=True, nullValue='NA')
spark.read.csv(R + '/csv/nulls.csv', header=True, nullValue='null', inferSchema=True)
spark.read.csv(R + '/csv/nulls.csv', header=True, emptyValue='E')
spark.read.csv(R + '/csv/quotes.csv', header=True, multiLine=True)
spark.read.csv(R + '/csv/quotes.csv', header=True, multiLine=True, escape='"')
spark.read.csv(R + '/csv/quotes.csv', header=True, multiLine=True, ignoreLeadingWhiteSpace=True, ignoreTrailingWhiteSpace=True)
spark.read.csv(R + '/csv/quotes.csv', header=True, quote="'")
spark.read.csv(R + '/csv/comments.csv', header=True, comment='#', inferSchema=True)
spark.read.csv(R + '/csv/dates.csv', header=True, inferSchema=True, dateFormat='dd/MM/yyyy')
spark.read.csv(R + '/csv/dates.csv', header=True, schema='iso date, slash string, short date, year int, mon string')
spark.read.csv(R + '/csv/dates.csv', header=True, schema='iso string, slash date, short string, year int, mon string', dateFormat='dd/MM/yyyy')
spark.read.csv(R + '/csv/times.csv', header=True, schema='a timestamp, b timestamp, c timestamp')
spark.read.csv(R + '/csv/times.csv', header=True, inferSchema=True, timestampFormat='yyyy-MM-dd HH:mm')
spark.read.option('preferDate', False).csv(R + '/csv/date_and_time.csv', header=True, inferSchema=True)
spark.read.csv(R + '/csv/specials.csv', header=True, schema='f double')
spark.read.csv(R + '/csv/specials.csv', header=True, schema='f float', positiveInf='Inf', negativeInf='-Inf')
spark.read.csv(R + '/csv/many', header=True, inferSchema=True).orderBy('a')
spark.read.csv([R + '/csv/many/part1.csv', R + '/csv/many/part2.csv'], header=True, inferSchema=True).orderBy('a')
spark.read.csv(R + '/csv/many/*.csv', header=True).orderBy('a')
spark.read.csv(R + '/csv/parted', header=True, inferSchema=True).orderBy('v')
spark.read.csv(R + '/csv/parted', header=True).where("k = 'x'")
spark.read.csv(R + '/csv/no_header.csv', inferSchema=True, samplingRatio=1.0)
spark.read.csv(R + '/csv/ladder.csv', header=True, inferSchema=True).printSchema()
spark.read.csv(R + '/csv/ladder.csv', header=True, inferSchema=True).select('b', 'nul', 'zero')
spark.read.csv(R + '/csv/ladder.csv', header=True, inferSchema=True, maxColumns=3)
spark.read.csv(R + '/csv/nope.csv')
spark.read.csv(R + '/csv/bad.csv', header='maybe')
spark.read.csv(R + '/csv/bad.csv', schema='a nope')
spark.read.csv(R + '/csv/bad.csv', sep='')
spark.read.csv(R + '/csv/bad.csv', encoding='nope').count()
spark.read.csv(R + '/csv/bad.csv', header=True, enforceSchema=False, schema='x int, y string')
spark.read.csv(R + '/csv/duplicate_header.csv', header=True).columns
spark.read.csv(R + '/csv/bad.csv', header=True).select('A', 'B')
spark.read.csv(spark.createDataFrame([('1,x',), ('2,y',)], ['value']), inferSchema=True) if False else spark.range(1)
spark.read.format('csv').load(R + '/csv/no_header.csv')
spark.read.format('csv').option('header', True).options(inferSchema='true').load(R + '/csv/int_then_long.csv')
spark.read.load(R + '/csv/no_header.csv', format='csv')
spark.read.format('nope').load(R + '/csv/no_header.csv')
spark.read.load(R + '/csv/no_header.csv')
spark.read.option('header', 'maybe').csv(R + '/csv/no_header.csv')
spark.sql("SELECT * FROM csv.`/tmp/sparring-fixtures/files/csv/no_header.csv`")
spark.sql("CREATE TEMP VIEW cv USING csv OPTIONS (path '/tmp/sparring-fixtures/files/csv/int_then_long.csv', header 'true', inferSchema 'true')"); spark.table('cv')
spark.read.csv(R + '/csv/no_header.csv').isLocal()
spark.read.csv(R + '/csv/int_then_long.csv', header=True).select(F.input_file_name().isNotNull(), F.col('_metadata.file_name'), F.col('_metadata.file_size'))
spark.read.csv(R + '/csv/empty.csv', header=True, inferSchema=True).schema
spark.read.csv(R + '/csv/crlf.csv', header=True, inferSchema=True)
spark.read.csv(R + '/csv/no_header.csv', lineSep='\\n')
spark.read.csv(R + '/csv/no_header.csv').toDF('i', 'n', 'd').select(F.col('i').cast('int') + 1, F.to_date('d'))
spark.read.csv(R + '/csv/money.csv', header=True).select(F.regexp_replace('price', '[$,]', '').cast('double'))
"""
TYPES = """tinyint; smallint; int; bigint; float; double; decimal(5,2); decimal(38,18); boolean; date; timestamp; timestamp_ntz; binary
interval day to second; interval year to month; time; string; char(3); varchar(3); array<int>; struct<a:int>; map<string,int>; void; variant""".replace(
    "\n", ";"
).split(";")
CSV_DIALECTS = """
escape='"'
quote="'"
quote=''
escape=''
escape='|'
quote='"', escape='"', ignoreLeadingWhiteSpace=True
ignoreLeadingWhiteSpace=True
ignoreTrailingWhiteSpace=True
ignoreLeadingWhiteSpace=True, ignoreTrailingWhiteSpace=True
sep='|'
sep='\\t'
sep=' '
sep='\\\\', escape='"'
sep='ab'
sep=', '
charToEscapeQuoteEscaping='|'
charToEscapeQuoteEscaping='"'
unescapedQuoteHandling='STOP_AT_CLOSING_QUOTE'
unescapedQuoteHandling='BACK_TO_DELIMITER'
unescapedQuoteHandling='STOP_AT_DELIMITER'
unescapedQuoteHandling='SKIP_VALUE'
unescapedQuoteHandling='RAISE_ERROR'
emptyValue='E', nullValue='a'
nullValue='"'
comment='a'
comment='"'
mode='DROPMALFORMED'
"""
CSV_MORE = """
spark.read.csv(R + '/csv/null_empty.csv', header=True, nullValue='NA')
spark.read.csv(R + '/csv/null_empty.csv', header=True, nullValue='NA', inferSchema=True)
spark.read.csv(R + '/csv/null_empty.csv', header=True, emptyValue='E')
spark.read.csv(R + '/csv/null_empty.csv', header=True, emptyValue='E', nullValue='E')
spark.read.csv(R + '/csv/null_empty.csv', header=True, nullValue=' ')
spark.read.csv(R + '/csv/null_empty.csv', header=True, ignoreLeadingWhiteSpace=True, ignoreTrailingWhiteSpace=True)
spark.read.csv(R + '/csv/null_empty.csv', header=True, schema='id int, v string not null, w string')
spark.read.csv(R + '/csv/multi.csv', header=True)
spark.read.csv(R + '/csv/multi.csv', header=True, multiLine=True)
spark.read.csv(R + '/csv/multi.csv', header=True, multiLine=True, comment='#')
spark.read.csv(R + '/csv/multi.csv', header=True, multiLine=True, lineSep='\\n')
spark.read.csv(R + '/csv/multi.csv', header=True, multiLine=True, inferSchema=True)
spark.read.csv(R + '/csv/multi.csv', multiLine=True, schema='id string, text string, _corrupt_record string')
spark.read.csv(R + '/csv/comment_edges.csv', comment='#')
spark.read.csv(R + '/csv/comment_edges.csv', comment='#', header=True)
spark.read.csv(R + '/csv/comment_edges.csv', comment='#', multiLine=True)
spark.read.csv(R + '/csv/comment_edges.csv', comment='ab')
spark.read.csv(R + '/csv/separators.csv', sep='||')
spark.read.csv(R + '/csv/separators.csv', sep='||', ignoreLeadingWhiteSpace=True)
spark.read.csv(R + '/csv/separators.csv', sep='|')
spark.read.csv(R + '/csv/separators.csv', sep='\\u007c')
spark.read.csv(R + '/csv/separators.csv', sep='\\\\\\\\')
spark.read.csv(R + '/csv/separators.csv', sep='\\\\n')
spark.read.csv(R + '/csv/semi_lines.csv', lineSep=';', header=True)
spark.read.csv(R + '/csv/semi_lines.csv', lineSep=';', header=True, multiLine=True)
spark.read.csv(R + '/csv/semi_lines.csv', lineSep='a,')
spark.read.csv(R + '/csv/semi_lines.csv', lineSep='abc')
spark.read.csv(R + '/csv/semi_lines.csv', lineSep='')
spark.read.csv(R + '/csv/crlf.csv', lineSep='\\r\\n', header=True)
spark.read.csv(R + '/csv/crlf.csv', lineSep='\\n', header=True)
spark.read.csv(R + '/csv/latin1.csv', encoding='ISO-8859-1', header=True)
spark.read.option('charset', 'iso-8859-1').csv(R + '/csv/latin1.csv', header=True, inferSchema=True)
spark.read.csv(R + '/csv/latin1.csv', header=True)
spark.read.csv(R + '/csv/latin1.csv', encoding='US-ASCII', header=True)
spark.read.csv(R + '/csv/utf16.csv', encoding='UTF-16', header=True)
spark.read.csv(R + '/csv/utf16.csv', encoding='UTF-16', header=True, multiLine=True)
spark.read.csv(R + '/csv/utf16be.csv', encoding='UTF-16BE', header=True, multiLine=True)
spark.read.csv(R + '/csv/utf16be.csv', encoding='utf-16be', header=True, lineSep='\\n')
spark.read.csv(R + '/csv/latin1.csv', encoding='windows-1252', header=True)
spark.read.csv(R + '/csv/latin1.csv', encoding='', header=True)
spark.read.csv(R + '/csv/stamps.csv', header=True, schema='id int, d date, t timestamp, n timestamp_ntz')
spark.read.option('timestampNTZFormat', 'dd-MMM-yyyy hh:mm:ss a').csv(R + '/csv/stamps.csv', header=True, schema='id int, d date, t timestamp, n timestamp_ntz', dateFormat='d.M.yyyy', timestampFormat='yyyy/MM/dd[ HH:mm]')
spark.read.option('timestampNTZFormat', 'dd-MMM-yyyy hh:mm:ss a').csv(R + '/csv/stamps.csv', header=True, inferSchema=True, dateFormat='d.M.yyyy', timestampFormat='yyyy/MM/dd[ HH:mm]')
spark.read.csv(R + '/csv/stamps.csv', header=True, schema='id int, d date, t timestamp, n string, _corrupt_record string', dateFormat='d.M.yyyy', timestampFormat='yyyy/MM/dd HH:mm')
spark.read.csv(R + '/csv/stamps.csv', header=True, schema='id int, d date, t timestamp, n string', dateFormat='nope')
spark.read.csv(R + '/csv/stamps.csv', header=True, schema='id int, d date, t timestamp, n string', dateFormat='yyyy-MM-dd', timestampFormat="yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]")
spark.read.option('enableDateTimeParsingFallback', True).csv(R + '/csv/stamps.csv', header=True, schema='id int, d date, t timestamp, n string', dateFormat='d.M.yyyy', timestampFormat='yyyy/MM/dd HH:mm')
spark.read.csv(R + '/csv/stamps.csv', header=True, schema='id int, d date', locale='de')
spark.read.csv(R + '/csv/bad.csv', header=True, enforceSchema=False, schema='a int, b string')
spark.read.csv(R + '/csv/bad.csv', header=True, enforceSchema=False, schema='A int, B string')
spark.read.csv(R + '/csv/bad.csv', header=True, enforceSchema=False, schema='a int')
spark.read.csv(R + '/csv/bad.csv', header=True, enforceSchema=True, schema='x int, y string')
spark.read.csv(R + '/csv/ragged.csv', header=True, mode='DROPMALFORMED').count()
spark.read.csv(R + '/csv/ragged.csv', header=True, mode='DROPMALFORMED').select('a')
spark.read.csv(R + '/csv/ragged.csv', header=True, mode='DROPMALFORMED').select('b', 'a')
spark.read.csv(R + '/csv/ragged.csv', header=True, mode='FAILFAST')
spark.read.csv(R + '/csv/ragged.csv', header=True, mode='FAILFAST').select('a')
spark.read.csv(R + '/csv/ragged.csv', header=True, mode='nope')
spark.conf.set('spark.sql.csv.parser.columnPruning.enabled', 'false'); spark.read.csv(R + '/csv/ragged.csv', header=True, mode='DROPMALFORMED').select('a')
spark.read.csv(R + '/csv/ragged.csv', schema='a int, b int, _corrupt_record string').select('_corrupt_record')
spark.read.csv(R + '/csv/ragged.csv', schema='a int, b int, _corrupt_record string').where('_corrupt_record is not null').count()
spark.read.csv(R + '/csv/ragged.csv', schema='a int, b int, _corrupt_record int')
spark.read.csv(R + '/csv/ragged.csv', schema='a int, _corrupt_record string, b int')
spark.read.csv(R + '/csv/bad.csv', header=True, schema='a int, b string', mode='DROPMALFORMED').select('b')
spark.read.csv(R + '/csv/bad.csv', header=True, schema='a int, b string', mode='DROPMALFORMED').count()
spark.read.csv(R + '/csv/bad.csv', header=True, schema='a int, b string', mode='DROPMALFORMED').where('a > 0')
spark.read.csv(R + '/csv/ladder.csv', header=True, maxColumns=3).count()
spark.read.csv(R + '/csv/ladder.csv', header=True, maxColumns=100).columns
spark.read.csv(R + '/csv/ladder.csv', header=True, maxCharsPerColumn=2)
spark.read.csv(R + '/csv/no_header.csv', maxCharsPerColumn=3).count()
spark.read.csv(R + '/csv/no_header.csv', sep=',,,')
spark.read.csv(R + '/csv/no_header.csv', quote='""')
spark.read.csv(R + '/csv/no_header.csv', escape='ab')
spark.read.csv(R + '/csv/no_header.csv', quote='\\u0000')
spark.read.csv(R + '/csv/no_header.csv', samplingRatio=0)
spark.read.csv(R + '/csv/no_header.csv', samplingRatio=2.0, inferSchema=True)
spark.read.csv(R + '/csv/no_header.csv', inferSchema='maybe')
spark.read.csv(R + '/csv/no_header.csv', multiLine='maybe')
spark.read.csv(R + '/csv/no_header.csv', maxColumns='many')
spark.read.csv(R + '/csv/no_header.csv', schema='id int, id string')
spark.read.csv(R + '/csv/no_header.csv', schema='')
spark.read.csv([R + '/csv/no_header.csv', R + '/csv/nope.csv'])
spark.read.csv([])
spark.read.csv(R + '/csv/values.csv', header=True, inferSchema=True)
spark.read.csv(R + '/csv/duplicate_header.csv', header=True, inferSchema=True).schema
spark.read.csv(R + '/csv/no_header.csv', pathGlobFilter='*.csv').count()
spark.read.csv(R + '/csv/many', pathGlobFilter='part1*', header=True)
spark.read.csv(R + '/csv', pathGlobFilter='part*.csv', recursiveFileLookup=True, header=True).orderBy('a')
spark.read.csv(R + '/csv/many', modifiedBefore='2001-01-01T00:00:00', header=True)
spark.read.csv(R + '/csv/many', modifiedAfter='2001-01-01T00:00:00', header=True).count()
spark.read.csv(R + '/csv/many', modifiedAfter='yesterday')
spark.read.csv(R + '/csv/bom.csv', header=True, inferSchema=True).columns
spark.read.csv(R + '/csv/bom.csv', header=True, multiLine=True).columns
spark.read.csv(R + '/csv/many', header=True).select('_metadata.file_name', '_metadata.row_index' if False else '_metadata.file_size').distinct().orderBy('file_name')
"""
CSV_WRITE_SETUP = """
R = '/tmp/sparring-fixtures/files'
O = '/tmp/sparring-scratch/out'
odd = spark.createDataFrame([('a,b',), ('q"q',), ('',), (None,), (' pad ',), ('\\\\',), ('b\\\\"s',), ('line\\nbreak',), ('cr\\rx',), ('#c',), ('é',), ("it's",), ('a|b',), ('"',), ('\\t',)], 's string').coalesce(1)
two = spark.createDataFrame([(1, 'x'), (2, None)], 'n int, s string').coalesce(1)
ty = spark.sql("SELECT true AS o, 1Y AS y, 1.50BD AS d, 1.0F AS f, 1e20D AS g, double('NaN') AS nan, double('-Infinity') AS inf, DATE'2020-01-31' AS dt, TIMESTAMP'2020-01-31 12:30:45.123456' AS ts, TIMESTAMP_NTZ'2020-01-31 12:30:45' AS tn, INTERVAL '1 02:03:04' DAY TO SECOND AS ds, INTERVAL '1-2' YEAR TO MONTH AS ym, X'616263' AS b")
def text(frame): return spark.read.text(O, wholetext=False).orderBy('value')
"""
CSV_WRITES = """
odd.write.csv(O); text(odd)
odd.write.csv(O, quoteAll=True); text(odd)
odd.write.csv(O, escape='"'); text(odd)
odd.write.csv(O, quote="'"); text(odd)
odd.write.csv(O, quote=''); text(odd)
odd.write.csv(O, escapeQuotes=False); text(odd)
odd.write.csv(O, sep='|'); text(odd)
odd.write.csv(O, sep='||'); text(odd)
odd.write.csv(O, nullValue='N', emptyValue='E'); text(odd)
odd.write.csv(O, nullValue='N'); text(odd)
odd.write.csv(O, emptyValue=''); text(odd)
odd.write.csv(O, ignoreLeadingWhiteSpace=False, ignoreTrailingWhiteSpace=False); text(odd)
odd.write.csv(O, charToEscapeQuoteEscaping='|'); text(odd)
odd.write.option('comment', '#').csv(O); text(odd)
odd.write.csv(O, lineSep=';'); text(odd)
odd.write.csv(O, encoding='UTF-16LE'); spark.read.csv(O, encoding='UTF-16LE', lineSep='\\n').count()
odd.write.csv(O, encoding='ISO-8859-1'); spark.read.csv(O, encoding='ISO-8859-1').count()
odd.write.csv(O); spark.read.csv(O, multiLine=True, schema='s string').count()
two.write.csv(O); text(two)
two.write.csv(O, header=True, sep='\\t'); text(two)
two.write.csv(O, header='maybe')
two.write.csv(O, compression='gzip'); spark.read.csv(O)
two.write.csv(O, compression='bzip2'); spark.read.csv(O)
two.write.csv(O, compression='deflate'); spark.read.csv(O)
two.write.csv(O, compression='none'); spark.read.csv(O)
two.write.csv(O, compression='nope')
ty.write.csv(O); text(ty)
ty.write.option('timestampNTZFormat', 'HH:mm').csv(O, dateFormat='dd.MM.yyyy', timestampFormat='yyyy/MM/dd HH:mm'); text(ty)
ty.select('ts').write.csv(O, timestampFormat='nope')
ty.select('b').write.csv(O); text(ty)
ty.select('ds', 'ym').write.csv(O); text(ty)
spark.conf.set('spark.sql.session.timeZone', 'America/New_York'); ty.select('ts', 'tn').write.csv(O); text(ty)
spark.sql("SELECT array(1) AS a").write.csv(O)
spark.sql("SELECT map(1, 2) AS a").write.csv(O)
spark.sql("SELECT named_struct('a', 1) AS a").write.csv(O)
spark.sql("SELECT NULL AS a").write.csv(O)
spark.sql("SELECT make_interval(1) AS a").write.csv(O)
spark.sql("SELECT parse_json('1') AS a").write.csv(O)
two.write.option('maxRecordsPerFile', 1).csv(O); spark.read.csv(O).orderBy('_c0')
two.write.partitionBy('n').csv(O, header=True); spark.read.csv(O, header=True).orderBy('n')
spark.createDataFrame([('2020-1-2',), ('2020-01-02',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.createDataFrame([('2020-01-02',), ('2020-01-02 10:00:00',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.createDataFrame([('2020-01-02 10:00:00',), ('2020-01-02',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.createDataFrame([('1',), ('2020-01-02',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.createDataFrame([('true',), ('1',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.createDataFrame([('1.5',), ('12345678901234567890',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.createDataFrame([('12345678901234567890',), ('1.5',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.createDataFrame([('12345678901234567890',), ('1',), ('9223372036854775807',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.conf.set('spark.sql.timestampType', 'TIMESTAMP_NTZ'); spark.createDataFrame([('2020-01-02 10:00:00',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.createDataFrame([('2020-01-02 10:00:00',), ('2020-01-02T10:00:00+01:00',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.createDataFrame([('2020-01-02',)], 'value string').coalesce(1).write.text(O); spark.read.option('preferDate', False).csv(O, inferSchema=True)
spark.createDataFrame([('NaN',), ('1',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.createDataFrame([('Inf',), ('-Inf',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.createDataFrame([('inf',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True, positiveInf='inf', nanValue='nix', negativeInf='-inf')
spark.createDataFrame([('1e3',), ('1d',), ('0x10',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
spark.createDataFrame([(' 1',), ('2',)], 'value string').coalesce(1).write.text(O); spark.read.csv(O, inferSchema=True)
"""
JSON = """
spark.read.json(R + '/json/lines.json', schema='a long, b string')
spark.read.json(R + '/json/lines.json', schema='a int, c string, g string')
spark.read.schema('a string, zz int').json(R + '/json/lines.json')
spark.read.json(R + '/json/multi.json', multiLine=True)
spark.read.json(R + '/json/object.json', multiLine=True)
spark.read.json(R + '/json/corrupt.json', schema='a int, _corrupt_record string')
spark.read.json(R + '/json/corrupt.json', mode='DROPMALFORMED', schema='a int')
spark.read.json(R + '/json/corrupt.json', mode='FAILFAST', schema='a int')
spark.read.json(R + '/json/corrupt.json', mode='FAILFAST')
spark.read.json(R + '/json/types.json', primitivesAsString=True)
spark.read.json(R + '/json/types.json', prefersDecimal=True)
spark.read.json(R + '/json/types.json').schema
spark.read.json(R + '/json/types.json', schema='t timestamp, dt date, d decimal(5,1), i double, s binary')
spark.read.json(R + '/json/nested.json').select('a.x', F.explode('a'))
spark.read.json(R + '/json/nested.json', schema='a array<struct<x:long>>, m map<string,int>')
spark.read.json(R + '/json/casing.json')
spark.conf.set('spark.sql.caseSensitive', 'true'); spark.read.json(R + '/json/casing.json')
spark.read.json(R + '/json/lines.json', dropFieldIfAllNull=True)
spark.read.json(R + '/json/nope.json')
spark.read.json([R + '/json/lines.json', R + '/json/numbers.json']).orderBy('a')
spark.read.format('json').load(R + '/json/lines.json').count()
spark.sql("SELECT a FROM json.`/tmp/sparring-fixtures/files/json/lines.json`")
spark.read.text(R + '/text/lines.txt')
spark.read.text(R + '/text/lines.txt', wholetext=True)
spark.read.text(R + '/text/crlf.txt')
spark.read.text(R + '/text/lines.txt', lineSep='o')
spark.read.format('text').load(R + '/text/lines.txt').select(F.length('value'))
spark.read.text([R + '/text/lines.txt', R + '/text/crlf.txt']).count()
spark.read.format('binaryFile').load(R + '/text/crlf.txt').select('length', 'content')
"""
JSON_SCHEMA = (
    "a int, s string, l array<int>, m map<string,int>, n struct<p:int,q:int>,"
    " ln array<struct<p:int>>, mn map<string,struct<p:int>>"
)

JSON_ODD = f"""
spark.read.json(R + '/json/odd.json', schema='{JSON_SCHEMA}, _corrupt_record string')
spark.read.json(R + '/json/odd.json', schema='{JSON_SCHEMA}, c string', columnNameOfCorruptRecord='c')
spark.read.json(R + '/json/odd.json', schema='{JSON_SCHEMA}').count()
spark.read.json(R + '/json/odd.json', schema='{JSON_SCHEMA}', mode='DROPMALFORMED')
spark.read.json(R + '/json/odd.json', schema='{JSON_SCHEMA}', mode='DROPMALFORMED').select('a')
spark.read.json(R + '/json/odd.json', schema='{JSON_SCHEMA}', mode='DROPMALFORMED').count()
spark.read.json(R + '/json/odd.json', schema='{JSON_SCHEMA}', mode='FAILFAST')
spark.read.json(R + '/json/odd.json', schema='{JSON_SCHEMA}, _corrupt_record string').select('s', '_corrupt_record')
spark.read.json(R + '/json/odd.json', schema='{JSON_SCHEMA}, _corrupt_record int')
spark.read.text(R + '/json/odd.json').select(F.from_json('value', '{JSON_SCHEMA}, _corrupt_record string').alias('r')).select('r.*')
spark.read.text(R + '/json/odd.json').select(F.from_json('value', '{JSON_SCHEMA}').alias('r')).select('r.*')
spark.read.text(R + '/json/odd.json').select(F.from_json('value', 'array<int>').alias('i'), F.from_json('value', 'array<struct<a:int>>').alias('s'), F.from_json('value', 'map<string,int>').alias('m'))
"""

WRITE_SETUP = """
R = '/tmp/sparring-fixtures/files'
O = '/tmp/sparring-scratch/out'
df = spark.createDataFrame([(1, 'a', 1.5, datetime.date(2020, 1, 31)), (2, None, None, None), (3, 'c,"d"', -0.0, datetime.date(1999, 12, 31))], 'id int, s string, d double, dt date')
"""
WRITES = """
df.write.csv(O, header=True); spark.read.csv(O, header=True, inferSchema=True).orderBy('id')
df.write.csv(O); spark.read.text(O).orderBy('value')
df.write.csv(O, sep='|', header=True, nullValue='NULL', quoteAll=True); spark.read.text(O).orderBy('value')
df.write.option('dateFormat', 'dd/MM/yyyy').csv(O, emptyValue='E'); spark.read.text(O).orderBy('value')
df.write.json(O); spark.read.json(O).orderBy('id')
df.write.json(O); spark.read.text(O).orderBy('value')
df.write.json(O, ignoreNullFields=False); spark.read.text(O).orderBy('value')
df.write.parquet(O); spark.read.parquet(O).orderBy('id')
df.write.parquet(O); spark.read.load(O).orderBy('id')
df.write.save(O, format='parquet'); spark.read.parquet(O).schema
df.write.orc(O); spark.read.orc(O).orderBy('id')
df.select('s').write.text(O); spark.read.text(O).orderBy('value')
df.write.text(O)
df.write.csv(O); df.write.csv(O)
df.write.csv(O); df.write.mode('overwrite').csv(O); spark.read.csv(O).count()
df.write.csv(O); df.write.mode('append').csv(O); spark.read.csv(O).count()
df.write.csv(O); df.write.mode('ignore').csv(O); spark.read.csv(O).count()
df.write.csv(O); df.write.mode('error').csv(O)
df.write.partitionBy('id').parquet(O); spark.read.parquet(O).orderBy('id')
df.write.partitionBy('dt', 'id').csv(O, header=True); spark.read.csv(O, header=True, inferSchema=True).orderBy('id')
df.write.partitionBy('id').parquet(O); spark.read.parquet(O + '/id=1')
df.write.partitionBy('id').parquet(O); spark.read.option('basePath', O).parquet(O + '/id=1')
df.write.partitionBy('s').parquet(O); spark.read.parquet(O).orderBy('id')
df.write.partitionBy('nope').parquet(O)
df.write.partitionBy('id', 's', 'd', 'dt').parquet(O)
df.write.parquet(O, compression='gzip'); spark.read.parquet(O).count()
df.write.csv(O, compression='gzip', header=True); spark.read.csv(O, header=True).count()
df.write.option('compression', 'nope').parquet(O)
df.write.format('nope').save(O)
df.write.save()
df.coalesce(1).write.csv(O); spark.read.csv(O).count()
df.limit(0).write.parquet(O); spark.read.parquet(O)
df.limit(0).write.csv(O, header=True); spark.read.csv(O, header=True)
df.write.parquet(O); spark.read.schema('id long, zz string').parquet(O).orderBy('id')
df.write.parquet(O); spark.read.parquet(O).select('ID', 'S').orderBy('id')
df.select(F.struct('id', 's').alias('st'), F.array('id').alias('a'), F.create_map(F.lit('k'), 'id').alias('m')).write.parquet(O); spark.read.parquet(O).orderBy('st.id')
df.select(F.struct('id', 's').alias('st'), F.array('id').alias('a')).write.json(O); spark.read.json(O).orderBy('st.id')
df.select(F.array('id')).write.csv(O)
df.select('id', df.id.alias('ID')).write.parquet(O)
df.select(F.lit(None).alias('n')).write.parquet(O)
df.select(F.current_timestamp().alias('t'), F.lit(1.5).cast('decimal(10,2)').alias('d'), F.lit(b'x').alias('b'), F.lit(True).alias('o'), F.lit(1).cast('tinyint').alias('y')).write.parquet(O); spark.read.parquet(O).select('d', 'b', 'o', 'y')
df.write.csv(O); spark.read.csv(O, schema='id int, s string, d double, dt date').orderBy('id')
df.write.option('header', True).csv(O); spark.read.option('header', True).csv(O).filter('id > 1').orderBy('id')
spark.range(5).write.parquet(O); spark.read.parquet(O).agg(F.sum('id'))
spark.range(3).write.parquet(O + '/p1'); spark.range(3, 5).write.parquet(O + '/p2'); spark.read.parquet(O + '/p1', O + '/p2').orderBy('id')
spark.range(3).write.parquet(O + '/p1'); spark.range(2).withColumn('x', F.lit(1)).write.parquet(O + '/p2'); spark.read.option('mergeSchema', True).parquet(O + '/p1', O + '/p2').orderBy('id', 'x')
df.write.parquet(O); spark.sql("SELECT count(*) FROM parquet.`/tmp/sparring-scratch/out`")
df.write.mode('overwrite').parquet(O); spark.read.parquet(O).write.mode('overwrite').parquet(O)
df.createOrReplaceTempView('src'); spark.sql("INSERT OVERWRITE DIRECTORY '/tmp/sparring-scratch/out' USING parquet SELECT * FROM src"); spark.read.parquet(O).count()
df.write.mode('overwrite').csv(O); spark.read.csv(O).filter('true').write.mode('overwrite').csv(O)
df.write.mode('overwrite').parquet(O + '/a'); spark.read.parquet(O + '/a').createOrReplaceTempView('self_v'); spark.sql('SELECT * FROM self_v').write.mode('overwrite').parquet(O + '/a')
df.write.mode('overwrite').parquet(O + '/a'); spark.read.parquet(O + '/a').write.mode('overwrite').parquet(O + '/b'); spark.read.parquet(O + '/b').count()
df.write.mode('overwrite').parquet(O + '/a'); spark.read.parquet(O + '/a').write.mode('append').parquet(O + '/a'); spark.read.parquet(O + '/a').count()
df.writeTo('nocat.nodb.t').append()
spark.read.parquet(O + '/nope')
spark.read.parquet(R + '/text/lines.txt')
"""


def named(snippets):
    return {line: line for line in snippets.strip().split("\n") if line.strip()}


def areas():
    setup = f"R = '{ROOT}'"
    plain = {}
    for file in CSV_FILES:
        for options in (
            "",
            ", header=True",
            ", header=True, inferSchema=True",
            ", inferSchema=True",
        ):
            line = f"spark.read.csv(R + '/csv/{file}.csv'{options})"
            plain[line] = line
    yield "files/csv_inference", setup, plain
    yield "files/csv_options", setup, named(CSV)
    odd = "spark.read.csv(R + '/csv/odd.csv', schema='a string, b string, c string, _corrupt_record string'"
    options = [""] + [f", {line}" for line in CSV_DIALECTS.strip().split("\n")]
    yield "files/csv_tokens", setup, {f"{odd}{o})": f"{odd}{o})" for o in options}
    typed = [
        f"spark.read.csv(R + '/csv/values.csv', header=True, schema='v {t.strip()}, _corrupt_record string')"
        for t in TYPES
    ]
    yield "files/csv_values", setup, {line: line for line in typed} | named(CSV_MORE)
    yield "files/csv_writing", CSV_WRITE_SETUP, named(CSV_WRITES)
    plain = {
        f"spark.read.json(R + '/json/{f}.json')": f"spark.read.json(R + '/json/{f}.json')"
        for f in JSON_FILES
    }
    yield "files/json_text", setup, plain | named(JSON)
    yield "files/json_odd", setup, named(JSON_ODD)
    yield "files/writing", WRITE_SETUP, named(WRITES)
