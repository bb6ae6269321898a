"""INSERT: columns and arity, defaults, store assignment between all pairs of types, partitions, directories."""

SCHEMA = "CREATE SCHEMA ins_db"


def _in_schema(cases):
    """The cases in a schema of their own, which is there whatever ran before."""
    return [
        "DROP SCHEMA IF EXISTS ins_db CASCADE",
        SCHEMA,
        "USE ins_db",
        *cases,
        "USE default",
        "DROP SCHEMA ins_db CASCADE",
    ]


TYPES = {
    "BOOLEAN": ["true"],
    "TINYINT": ["1Y", "-128Y"],
    "SMALLINT": ["1S", "300S", "-32768S"],
    "INT": ["1", "70000", "-2147483648"],
    "BIGINT": ["1L", "3000000000L", "-9223372036854775808L"],
    "FLOAT": ["float('1.5')", "float('NaN')", "float('1e30')"],
    "DOUBLE": ["1.5D", "double('Infinity')", "1e300D"],
    "DECIMAL(5,2)": ["1.25BD", "999.99BD"],
    "DECIMAL(20,0)": ["1BD", "CAST('99999999999999999999' AS DECIMAL(20,0))"],
    "STRING": ["'1'", "'x'"],
    "BINARY": ["X'31'"],
    "DATE": ["DATE '2020-02-29'"],
    "TIMESTAMP": ["TIMESTAMP '2020-02-29 12:34:56.789'"],
    "TIMESTAMP_NTZ": ["TIMESTAMP_NTZ '2020-02-29 12:34:56.789'"],
    "INTERVAL YEAR TO MONTH": ["INTERVAL '1-2' YEAR TO MONTH"],
    "INTERVAL DAY TO SECOND": ["INTERVAL '1 02:03:04' DAY TO SECOND"],
    "ARRAY<INT>": ["array(1, 2)"],
    "MAP<STRING, INT>": ["map('a', 1)"],
    "STRUCT<a: INT, b: STRING>": ["named_struct('a', 1, 'b', 'x')"],
}


def _assignments():
    cases = []
    for number, target in enumerate(TYPES):
        cases.append(f"CREATE TABLE t{number} (c {target}) USING parquet")
        for values in TYPES.values():
            for value in values:
                cases.append(f"INSERT INTO t{number} SELECT {value}")
        cases.append(f"INSERT INTO t{number} VALUES (NULL)")
        cases.append(f"SELECT c FROM t{number}")
        cases.append(f"DROP TABLE t{number}")
    return cases


def _nested():
    yield "CREATE TABLE a (c ARRAY<INT>) USING parquet"
    for value in [
        "array(1L, 2L)",
        "array('x')",
        "array()",
        "array(NULL)",
        "array(3000000000)",
        "array(true)",
    ]:
        yield f"INSERT INTO a SELECT {value}"
    yield "SELECT c FROM a"
    yield "CREATE TABLE s (c STRUCT<x: INT, y: STRUCT<z: DATE>>) USING parquet"
    for value in [
        "named_struct('x', 1, 'y', named_struct('z', DATE '2020-01-01'))",
        "named_struct('q', 1, 'y', named_struct('z', DATE '2020-01-01'))",
        "named_struct('x', 1)",
        "named_struct('x', 1, 'y', named_struct('z', DATE '2020-01-01', 'w', 1))",
        "named_struct('x', 1, 'y', named_struct('z', 5))",
        "named_struct('y', named_struct('z', DATE '2020-01-01'), 'x', 1)",
        "named_struct('x', 'a', 'y', named_struct('z', TIMESTAMP '2020-01-01 01:00:00'))",
    ]:
        yield f"INSERT INTO s SELECT {value}"
        yield f"INSERT INTO s BY NAME SELECT {value} AS c"
    yield "SELECT c FROM s"
    yield "CREATE TABLE m (c MAP<STRING, INT>) USING parquet"
    for value in ["map('a', 1L)", "map('a', 'x')", "map(1, 2)", "map()", "map('a', NULL)"]:
        yield f"INSERT INTO m SELECT {value}"
    yield "SELECT c FROM m"
    yield "CREATE TABLE q (c ARRAY<STRUCT<x: INT>>) USING parquet"
    for value in ["array(named_struct('x', 1))", "array(named_struct('y', 1))", "array(1)"]:
        yield f"INSERT INTO q SELECT {value}"
    yield "SELECT c FROM q"


def _policies():
    yield "CREATE TABLE i (c INT) USING parquet"
    yield "CREATE TABLE b (c TINYINT) USING parquet"
    yield "CREATE TABLE d (c DATE) USING parquet"
    for policy in ["LEGACY", "STRICT"]:
        yield f"SET spark.sql.storeAssignmentPolicy={policy}"
        for table in "ibd":
            for value in [
                "1Y",
                "1",
                "300",
                "3000000000",
                "1.5D",
                "1.5BD",
                "'1'",
                "'x'",
                "true",
                "DATE '2020-01-01'",
                "NULL",
            ]:
                yield f"INSERT INTO {table} SELECT {value}"
        yield "SELECT c FROM i"
        yield "SELECT c FROM b"
        yield "SELECT c FROM d"
    yield "SET spark.sql.storeAssignmentPolicy=nope"
    yield "RESET spark.sql.storeAssignmentPolicy"
    yield "SET spark.sql.ansi.enabled=false"
    for value in ["3000000000", "'x'", "1.5D"]:
        yield f"INSERT INTO i SELECT {value}"
    yield "SET spark.sql.ansi.enabled=true"


def _columns():
    yield "CREATE TABLE t (a INT, b STRING, c DOUBLE) USING parquet"
    yield from [
        "INSERT INTO t VALUES (1, 'x', 1.5D)",
        "INSERT INTO t VALUES (1, 'x')",
        "INSERT INTO t VALUES (1, 'x', 1.5D, 2)",
        "INSERT INTO t SELECT 1, 'x'",
        "INSERT INTO t SELECT 1 AS a, 'x' AS b, 2D AS c, 3 AS d",
        "INSERT INTO t (a, b, c) VALUES (2, 'y', 2.5D)",
        "INSERT INTO t (c, a, b) VALUES (3.5D, 3, 'z')",
        "INSERT INTO t (a) VALUES (4)",
        "INSERT INTO t (B) VALUES ('five')",
        "INSERT INTO t (a, a) VALUES (1, 2)",
        "INSERT INTO t (a, A) VALUES (1, 2)",
        "INSERT INTO t (a, nope) VALUES (1, 2)",
        "INSERT INTO t (a, b) VALUES (1)",
        "INSERT INTO t (a, b) VALUES (1, 'x', 2D)",
        "INSERT INTO t (a, b) SELECT 1",
        "INSERT INTO t (a, b) SELECT 1, 'x', 2D",
        "INSERT INTO t (t.a) VALUES (1)",
        "INSERT INTO t () VALUES (1)",
        "INSERT INTO t (a) VALUES ('x')",
        "INSERT INTO t (c) VALUES (true)",
        "INSERT INTO t BY NAME SELECT 6 AS a, 'n' AS b, 1D AS c",
        "INSERT INTO t BY NAME SELECT 1D AS c, 7 AS a",
        "INSERT INTO t BY NAME SELECT 8 AS A",
        "INSERT INTO t BY NAME SELECT 8 AS nope",
        "INSERT INTO t BY NAME SELECT 8 AS a, 9 AS a",
        "INSERT INTO t BY NAME SELECT 8 AS a, 'x' AS b, 1D AS c, 9 AS d",
        "INSERT INTO t BY NAME VALUES (1, 'x', 2D)",
        "INSERT INTO t BY NAME (a) VALUES (1)",
        "INSERT INTO t BY NAME SELECT 'x' AS a",
        "INSERT OVERWRITE t BY NAME SELECT 9 AS a, 'over' AS b",
        "SELECT * FROM t",
        "INSERT OVERWRITE TABLE t (a) VALUES (10)",
        "SELECT * FROM t",
        "INSERT INTO TABLE t SELECT * FROM t",
        "INSERT INTO t TABLE t",
        "INSERT INTO t FROM t SELECT a + 1, b, c",
        "INSERT INTO t WITH q AS (SELECT 1 AS a) SELECT a, 'w', 1D FROM q",
        "WITH q AS (SELECT 2 AS a) INSERT INTO t SELECT a, 'w', 1D FROM q",
        "INSERT INTO t (SELECT 3, 'p', 3D)",
        "INSERT INTO t SELECT 4, 'u', 4D UNION ALL SELECT 5, 'u', 5D",
        "INSERT INTO t VALUES (1, 'x', 1), (2L, 'y', 2.5BD)",
        "INSERT INTO t VALUES (1, 'x', 1), (2, 'y')",
        "SELECT a, b, c FROM t ORDER BY a, b, c",
        "INSERT OVERWRITE t SELECT * FROM t WHERE a > 4",
        "SELECT * FROM t ORDER BY a, b, c",
        "INSERT INTO nope VALUES (1)",
        "INSERT INTO ins_db.nope VALUES (1)",
        "INSERT INTO nope.t VALUES (1)",
        "INSERT INTO t SELECT nope FROM t",
        "INSERT INTO t SELECT * FROM nope",
        "INSERT INTO t PARTITION (a = 1) VALUES ('x', 1D)",
        "INSERT INTO t PARTITION (nope = 1) VALUES ('x', 1D)",
        "INSERT INTO t IF NOT EXISTS VALUES (1, 'x', 1D)",
        "INSERT t VALUES (1, 'x', 1D)",
        "INSERT INTO t VALUES",
        "INSERT INTO t",
        "INSERT INTO (SELECT 1) VALUES (1)",
        "FROM t INSERT INTO t SELECT a, b, c WHERE a = 5",
        "FROM t INSERT INTO t SELECT a, b, c WHERE a = 5 INSERT INTO t SELECT 0, b, c WHERE a = 5",
        "SELECT count(*) FROM t",
        "CREATE VIEW v AS SELECT 1 AS a",
        "INSERT INTO v VALUES (1)",
        "INSERT OVERWRITE v VALUES (1)",
        "CREATE TEMPORARY VIEW tv AS SELECT 1 AS a",
        "INSERT INTO tv VALUES (1)",
        "INSERT OVERWRITE tv VALUES (1)",
        "CREATE TABLE n (a INT NOT NULL, b STRUCT<x: INT NOT NULL>) USING parquet",
        "INSERT INTO n VALUES (NULL, NULL)",
        "INSERT INTO n (b) VALUES (named_struct('x', 1))",
        "INSERT INTO n VALUES (1, named_struct('x', CAST(NULL AS INT)))",
        "SELECT * FROM n",
        "CREATE TABLE vc (a CHAR(3), b VARCHAR(3)) USING parquet",
        "INSERT INTO vc VALUES ('a', 'b')",
        "INSERT INTO vc VALUES ('abcd', 'b')",
        "INSERT INTO vc VALUES ('abc', 'abcd')",
        "INSERT INTO vc VALUES ('abc  ', 'abc  ')",
        "INSERT INTO vc VALUES (1, 1234)",
        "INSERT INTO vc VALUES (NULL, NULL)",
        "SELECT a, b, length(a), length(b) FROM vc",
        "DROP VIEW tv",
    ]


DEFAULTS = [
    "7",
    "1 + 1",
    "'x'",
    "NULL",
    "1L",
    "3000000000",
    "1.5D",
    "true",
    "abs(-3)",
    "current_date()",
    "rand()",
    "(SELECT 1)",
    "nope",
    "a",
    "sum(1)",
    "DEFAULT",
    "CAST('9' AS INT)",
    "CAST('q' AS INT)",
    "upper('q')",
    "nosuch(1)",
    "row_number() OVER ()",
    "explode(array(1))",
    "",
]


def _defaults():
    for number, default in enumerate(DEFAULTS):
        yield f"CREATE TABLE d{number} (a INT DEFAULT {default}, b STRING) USING parquet"
        yield f"INSERT INTO d{number} (b) VALUES ('x')"
        if "current" not in default and "rand" not in default:
            yield f"SELECT * FROM d{number}"
    yield (
        "CREATE TABLE t (a INT DEFAULT 1, b STRING DEFAULT 'bee', c DOUBLE, d DATE DEFAULT DATE '2020-01-01', "
        "e ARRAY<INT> DEFAULT array(1, 2), f STRUCT<x: INT> DEFAULT named_struct('x', 3)) USING parquet"
    )
    yield from [
        "INSERT INTO t VALUES (DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT)",
        "INSERT INTO t VALUES (DEFAULT, 'x', 1, DEFAULT, DEFAULT, DEFAULT), (2, DEFAULT, DEFAULT, DEFAULT, NULL, NULL)",
        "INSERT INTO t (a) VALUES (DEFAULT)",
        "INSERT INTO t (b, a) VALUES (DEFAULT, 8), ('z', DEFAULT)",
        "INSERT INTO t (c) VALUES (3)",
        "INSERT INTO t VALUES (4)",
        "INSERT INTO t VALUES (5, 'five')",
        "INSERT INTO t VALUES (1, 'x', 2D, DATE '2021-01-01', array(9), named_struct('x', 1), 7)",
        "INSERT INTO t SELECT 6",
        "INSERT INTO t SELECT 6, 'six'",
        "INSERT INTO t SELECT DEFAULT, 'x', 1D, DEFAULT, DEFAULT, DEFAULT",
        "INSERT INTO t (a, b) SELECT DEFAULT, 'sel'",
        "INSERT INTO t (a, b) SELECT DEFAULT + 1, 'sel'",
        "INSERT INTO t (a, b) VALUES (DEFAULT + 1, 'x')",
        "INSERT INTO t (a) VALUES (coalesce(DEFAULT, 1))",
        "INSERT INTO t (a) VALUES (default)",
        "INSERT INTO t (a) VALUES (`DEFAULT`)",
        "INSERT INTO t (a) SELECT DEFAULT FROM t",
        "INSERT INTO t (a) SELECT DEFAULT UNION ALL SELECT 1",
        "INSERT INTO t (a) SELECT a FROM (SELECT DEFAULT AS a)",
        "INSERT INTO t BY NAME SELECT DEFAULT AS a, 'n' AS b",
        "INSERT INTO t BY NAME SELECT 'n' AS b",
        "INSERT OVERWRITE t (a) VALUES (100)",
        "SELECT * FROM t",
        "SELECT DEFAULT",
        "SELECT 1 WHERE DEFAULT = 1",
        "INSERT INTO t (a) VALUES (-1), (DEFAULT)",
        "SELECT a, b, c, d, e, f FROM t ORDER BY a",
        "DESCRIBE t",
        "DESCRIBE t a",
        "DESCRIBE EXTENDED t a",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT 55",
        "ALTER TABLE t ALTER COLUMN c SET DEFAULT 0.5D",
        "ALTER TABLE t ALTER COLUMN b DROP DEFAULT",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT 'x'",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT (SELECT 1)",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT nope",
        "INSERT INTO t (d) VALUES (DATE '2022-02-02')",
        "SELECT a, b, c, d FROM t WHERE d = DATE '2022-02-02'",
        "ALTER TABLE t ADD COLUMN g INT DEFAULT 42",
        "SELECT a, g FROM t ORDER BY a",
        "INSERT INTO t (a) VALUES (1000)",
        "SELECT a, g FROM t WHERE a = 1000",
        "CREATE TABLE csvt (a INT DEFAULT 5, b INT) USING csv",
        "INSERT INTO csvt (b) VALUES (1)",
        "SELECT * FROM csvt",
        "CREATE TABLE jt (a INT DEFAULT 5, b INT) USING json",
        "INSERT INTO jt (b) VALUES (1)",
        "SELECT * FROM jt",
        "CREATE TABLE nn (a INT NOT NULL DEFAULT 5, b INT) USING parquet",
        "INSERT INTO nn (b) VALUES (1)",
        "SELECT * FROM nn",
        "CREATE TABLE pp (a INT DEFAULT 5, k STRING DEFAULT 'kay') USING parquet PARTITIONED BY (k)",
        "INSERT INTO pp (a) VALUES (1)",
        "INSERT INTO pp VALUES (DEFAULT, DEFAULT)",
        "INSERT INTO pp PARTITION (k = DEFAULT) VALUES (2)",
        "INSERT INTO pp PARTITION (k) VALUES (3, DEFAULT)",
        "SELECT * FROM pp ORDER BY a, k",
        "SET spark.sql.defaultColumn.enabled=false",
        "CREATE TABLE off (a INT DEFAULT 5, b INT) USING parquet",
        "RESET spark.sql.defaultColumn.enabled",
        "SET spark.sql.defaultColumn.useNullsForMissingDefaultValues=false",
        "CREATE TABLE strict (a INT DEFAULT 5, b INT) USING parquet",
        "INSERT INTO strict (a) VALUES (1)",
        "INSERT INTO strict (b) VALUES (1)",
        "INSERT INTO strict VALUES (1)",
        "INSERT INTO strict VALUES (1, DEFAULT)",
        "SELECT * FROM strict",
        "RESET spark.sql.defaultColumn.useNullsForMissingDefaultValues",
        "CREATE TABLE dup (a INT DEFAULT 1 DEFAULT 2) USING parquet",
        "CREATE TABLE cm (a INT DEFAULT 1 COMMENT 'c' NOT NULL) USING parquet",
        "CREATE TABLE cm (a INT COMMENT 'c' DEFAULT 3) USING parquet",
        "DESCRIBE cm",
    ]


def _partitions():
    yield "CREATE TABLE p (a INT, k STRING, n INT) USING parquet PARTITIONED BY (k, n)"
    yield from [
        "INSERT INTO p VALUES (1, 'x', 1)",
        "INSERT INTO p PARTITION (k = 'y', n = 2) VALUES (2)",
        "INSERT INTO p PARTITION (k = 'y', n = 2) SELECT 3",
        "INSERT INTO p PARTITION (k = 'y', n) VALUES (4, 3)",
        "INSERT INTO p PARTITION (k, n) VALUES (5, 'z', 4)",
        "INSERT INTO p PARTITION (k, n = 5) VALUES (6, 'w')",
        "INSERT INTO p PARTITION (k = 'y') VALUES (7, 6)",
        "INSERT INTO p PARTITION (k = 'y', n = 2) VALUES (2, 3)",
        "INSERT INTO p PARTITION (k = 'y', n = 2) (a) VALUES (8)",
        "INSERT INTO p PARTITION (k = 'y', n = 2) (a, n) VALUES (8, 9)",
        "INSERT INTO p PARTITION (k = 'y', n = 2, k = 'z') VALUES (2)",
        "INSERT INTO p PARTITION (a = 1) VALUES ('x', 1)",
        "INSERT INTO p PARTITION (nope = 1) VALUES ('x', 1)",
        "INSERT INTO p PARTITION (k = 'y', n = 'q') VALUES (2)",
        "INSERT INTO p PARTITION (k = 'y', n = '7') VALUES (2)",
        "INSERT INTO p PARTITION (k = 5, n = 7) VALUES (9)",
        "INSERT INTO p PARTITION (k = NULL, n = 7) VALUES (10)",
        "INSERT INTO p PARTITION (K = 'up', N = 1) VALUES (11)",
        "INSERT INTO p PARTITION (k = 'y', n = 1 + 1) VALUES (12)",
        "SELECT * FROM p ORDER BY a",
        "SHOW PARTITIONS p",
        "SHOW PARTITIONS p PARTITION (k = 'y')",
        "SHOW PARTITIONS p PARTITION (nope = 'y')",
        "SHOW PARTITIONS p PARTITION (k)",
        "INSERT OVERWRITE p PARTITION (k = 'y', n = 2) VALUES (20)",
        "SELECT * FROM p ORDER BY a",
        "INSERT OVERWRITE p PARTITION (k = 'y', n) VALUES (21, 9)",
        "SELECT * FROM p ORDER BY a",
        "SET spark.sql.sources.partitionOverwriteMode=dynamic",
        "INSERT OVERWRITE p VALUES (30, 'z', 4)",
        "SELECT * FROM p ORDER BY a",
        "INSERT OVERWRITE p PARTITION (k, n) VALUES (31, 'z', 4)",
        "SELECT * FROM p ORDER BY a",
        "SET spark.sql.sources.partitionOverwriteMode=static",
        "INSERT OVERWRITE p PARTITION (k = 'up', n = 1) IF NOT EXISTS VALUES (40)",
        "INSERT OVERWRITE p PARTITION (k = 'new', n = 1) IF NOT EXISTS VALUES (41)",
        "INSERT OVERWRITE p PARTITION (k = 'new', n) IF NOT EXISTS VALUES (41, 1)",
        "INSERT INTO p PARTITION (k = 'new', n = 1) IF NOT EXISTS VALUES (42)",
        "SELECT * FROM p ORDER BY a",
        "INSERT OVERWRITE p VALUES (50, 'only', 1)",
        "SELECT * FROM p ORDER BY a",
        "SHOW PARTITIONS p",
        "CREATE TABLE np (a INT) USING parquet",
        "SHOW PARTITIONS np",
        "ALTER TABLE p DROP PARTITION (k = 'only', n = 1)",
        "SELECT * FROM p",
        "ALTER TABLE p ADD PARTITION (k = 'm', n = 1)",
        "SHOW PARTITIONS p",
        "ALTER TABLE p ADD PARTITION (k = 'm', n = 1)",
        "ALTER TABLE p ADD IF NOT EXISTS PARTITION (k = 'm', n = 1)",
        "ALTER TABLE p DROP PARTITION (k = 'zz', n = 1)",
        "ALTER TABLE p DROP IF EXISTS PARTITION (k = 'zz', n = 1)",
        "ALTER TABLE p DROP PARTITION (k = 'm')",
        "SHOW PARTITIONS p",
        "TRUNCATE TABLE p PARTITION (k = 'm')",
        "MSCK REPAIR TABLE p",
        "ALTER TABLE p RECOVER PARTITIONS",
    ]


DIRECTORY = "/tmp/sparring-scratch/insert_directory"


def _directories():
    yield from [
        f"INSERT OVERWRITE DIRECTORY '{DIRECTORY}/a' USING parquet SELECT 1 AS a, 'x' AS b",
        f"SELECT * FROM parquet.`{DIRECTORY}/a`",
        f"INSERT OVERWRITE DIRECTORY '{DIRECTORY}/a' USING parquet SELECT 2 AS a",
        f"SELECT * FROM parquet.`{DIRECTORY}/a`",
        f"INSERT OVERWRITE DIRECTORY '{DIRECTORY}/c' USING csv OPTIONS (header 'true', sep '|') VALUES (1, 'x'), (2, NULL)",
        f"SELECT * FROM text.`{DIRECTORY}/c`",
        f"INSERT OVERWRITE DIRECTORY USING json OPTIONS (path '{DIRECTORY}/j') SELECT 1 AS a, NULL AS b",
        f"SELECT * FROM text.`{DIRECTORY}/j`",
        f"INSERT OVERWRITE LOCAL DIRECTORY '{DIRECTORY}/l' USING json SELECT 3 AS a",
        "INSERT OVERWRITE DIRECTORY USING json SELECT 1 AS a",
        f"INSERT OVERWRITE DIRECTORY '{DIRECTORY}/a' USING json OPTIONS (path '/tmp/x') SELECT 1 AS a",
        f"INSERT OVERWRITE DIRECTORY '{DIRECTORY}/n' USING nope SELECT 1 AS a",
        f"INSERT OVERWRITE DIRECTORY '{DIRECTORY}/n' USING jdbc SELECT 1 AS a",
        f"INSERT OVERWRITE DIRECTORY '{DIRECTORY}/d' USING parquet SELECT 1 AS a, 2 AS a",
        f"INSERT OVERWRITE DIRECTORY '{DIRECTORY}/h' SELECT 1 AS a",
        f"INSERT INTO DIRECTORY '{DIRECTORY}/a' USING parquet SELECT 1",
        f"INSERT OVERWRITE DIRECTORY '{DIRECTORY}/t' USING text SELECT 'line'",
        f"SELECT * FROM text.`{DIRECTORY}/t`",
        f"INSERT OVERWRITE DIRECTORY '{DIRECTORY}/t' USING text SELECT 1, 2",
        f"INSERT OVERWRITE DIRECTORY '{DIRECTORY}/p' USING parquet SELECT * FROM nope",
        f"INSERT OVERWRITE DIRECTORY '{DIRECTORY}/p' USING parquet",
        "INSERT OVERWRITE DIRECTORY '' USING parquet SELECT 1 AS a",
    ]


def files():
    yield "statements/assignment", _in_schema(_assignments())
    yield "statements/assignment_nested", _in_schema(list(_nested()))
    yield "statements/assignment_policies", _in_schema(list(_policies()))
    yield "statements/insert", _in_schema(list(_columns()))
    yield "statements/insert_defaults", _in_schema(list(_defaults()))
    yield "statements/insert_partitions", _in_schema(list(_partitions()))
    yield "statements/insert_directory", list(_directories())
