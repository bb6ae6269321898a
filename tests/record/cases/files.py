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
    plain = {
        f"spark.read.json(R + '/json/{f}.json')": f"spark.read.json(R + '/json/{f}.json')"
        for f in JSON_FILES
    }
    yield "files/json_text", setup, plain | named(JSON)
    yield "files/writing", WRITE_SETUP, named(WRITES)
