"""Every cast pair with edge values, under ANSI, without it, and TRY_CAST."""

VALUES = {
    "boolean": ["true", "false"],
    "tinyint": ["0Y", "-1Y", "127Y", "-128Y"],
    "smallint": ["0S", "300S", "32767S", "-32768S"],
    "int": ["0", "65", "2147483647", "-2147483648"],
    "bigint": ["0L", "3000000000L", "9223372036854775807L", "-9223372036854775808L"],
    "float": ["0.0F", "-1.5F", "3.4028235E38F", "float('NaN')", "float('Infinity')", "1.0E-10F"],
    "double": [
        "0.0D",
        "-0.0D",
        "2.5D",
        "-2.7D",
        "1.0E20D",
        "1.0E-5D",
        "1.7976931348623157E308D",
        "double('NaN')",
        "double('-Infinity')",
        "123456789.123D",
    ],
    "decimal(10,2)": [
        "CAST(0 AS DECIMAL(10,2))",
        "CAST(1.50 AS DECIMAL(10,2))",
        "CAST(-99999999.99 AS DECIMAL(10,2))",
        "CAST(127.99 AS DECIMAL(10,2))",
    ],
    "decimal(38,18)": [
        "CAST(1 AS DECIMAL(38,18))",
        "CAST(0.000000000000000001 AS DECIMAL(38,18))",
        "CAST(99999999999999999999.999999999999999999 AS DECIMAL(38,18))",
    ],
    "string": [
        "''",
        "'1'",
        "' 12 '",
        "'-0'",
        "'+7'",
        "'1.5'",
        "'1e3'",
        "'abc'",
        "'true'",
        "'T'",
        "'yes'",
        "'n'",
        "'NaN'",
        "'Infinity'",
        "'-inf'",
        "'9223372036854775808'",
        "'128'",
        "'.5'",
        "'5.'",
        "'1_000'",
        "'0x1A'",
        "'2020-01-31'",
        "'2020-1-3'",
        "'2020-02-30'",
        "'2020'",
        "'2020-05'",
        "'2020-01-31 10:11:12'",
        "'2020-01-31T10:11:12.123456789'",
        "'2020-01-31 10:11:12+05:30'",
        "'2020-01-31 10:11:12 Asia/Kolkata'",
        "'10:11:12'",
        "'T10:11'",
        "'2020-01-31 25:00:00'",
        "'+10000-01-01'",
        "'0001-01-01'",
        "'epoch'",
        "'1 day'",
        "'1.5D'",
        "'1.5f'",
        "'1L'",
        "'\\u00e9'",
        "'123456789012345678901234567890'",
    ],
    "binary": ["X''", "X'41'", "X'0102030405060708'", "X'010203040506070809'", "X'C3A9'"],
    "date": ["DATE '1970-01-01'", "DATE '2020-02-29'", "DATE '0001-01-01'", "DATE '9999-12-31'"],
    "timestamp": [
        "TIMESTAMP '1970-01-01 00:00:00'",
        "TIMESTAMP '2020-02-29 23:59:59.999999'",
        "TIMESTAMP '1969-12-31 23:59:59.5'",
        "TIMESTAMP '0001-01-01 00:00:00'",
        "TIMESTAMP '9999-12-31 23:59:59.1'",
    ],
    "timestamp_ntz": [
        "TIMESTAMP_NTZ '1970-01-01 00:00:00'",
        "TIMESTAMP_NTZ '2020-02-29 23:59:59.999999'",
        "TIMESTAMP_NTZ '0001-01-01 00:00:00'",
    ],
}
# A time without a date is one of today.
TODAY = ("'10:11:12'", "'T10:11'")
NESTED = [
    (
        "array(1,2,3)",
        ["string", "array<string>", "array<bigint>", "array<double>", "int", "array<date>"],
    ),
    ("array('1','x')", ["array<int>", "string"]),
    ("map('a',1,'b',NULL)", ["string", "map<string,bigint>", "map<string,string>", "array<int>"]),
    (
        "named_struct('a',1,'b','x')",
        ["string", "struct<c:bigint,d:string>", "struct<a:int>", "struct<a:int,b:int>"],
    ),
    ("array()", ["array<int>", "string"]),
    ("array(NULL, 1)", ["string", "array<string>"]),
    ("map()", ["map<string,int>", "string"]),
    ("named_struct('x', array(1,NULL), 'y', map('k', 1.5))", ["string"]),
    ("NULL", ["array<int>", "struct<a:int>", "map<string,int>", "void"]),
]
ZONED = [
    "CAST(TIMESTAMP '2020-07-01 00:00:00' AS STRING)",
    "CAST(TIMESTAMP '2020-07-01 00:00:00' AS DATE)",
    "CAST(TIMESTAMP '2020-07-01 00:00:00' AS BIGINT)",
    "CAST(TIMESTAMP '2020-07-01 00:00:00Z' AS STRING)",
    "CAST(TIMESTAMP '2020-07-01 00:00:00Z' AS DATE)",
    "CAST(TIMESTAMP '2020-07-01 00:00:00' AS TIMESTAMP_NTZ)",
    "CAST(TIMESTAMP_NTZ '2020-07-01 00:00:00' AS TIMESTAMP)",
    "CAST(DATE '2020-07-01' AS TIMESTAMP)",
    "CAST(DATE '1900-01-01' AS TIMESTAMP)",
    "CAST('2020-07-01' AS TIMESTAMP)",
    "CAST('2020-07-01 12:00:00' AS TIMESTAMP)",
    "CAST('2020-07-01 12:00:00+02:00' AS TIMESTAMP)",
    "CAST('2020-07-01 12:00:00+02:00' AS TIMESTAMP_NTZ)",
    "CAST('2020-07-01 12:00:00Z' AS DATE)",
    "CAST(0L AS TIMESTAMP)",
    "CAST(1.5D AS TIMESTAMP)",
    "CAST('2020-03-08 02:30:00' AS TIMESTAMP)",
    "CAST('2020-11-01 01:30:00' AS TIMESTAMP)",
    "CAST(TIMESTAMP '1883-11-18 12:00:00' AS STRING)",
    "TIMESTAMP '2020-07-01 10:00:00'",
    "TIMESTAMP '2020-07-01 10:00:00 America/Los_Angeles'",
    "CAST(TIMESTAMP '0001-01-01 00:00:00' AS STRING)",
]


def _slug(name):
    return name.replace("(", "_").replace(",", "_").replace(")", "")


def _pairs(values, target, function):
    """Values that succeed share a query only if each has its own row: so one query each."""
    return [
        ("query types\n" if value in TODAY and target == "timestamp" else "")
        + f"SELECT {function}({value} AS {target.upper()})"
        for value in values
    ]


def _matrix(source, function, few=False):
    blocks = []
    values = VALUES[source]
    for target in VALUES:
        chosen = values
        if few and source != "string":
            chosen = values[:1] + values[-2:]
        blocks += _pairs(chosen, target, function)
    if not few:
        blocks += [
            f"SELECT {function}(CAST(NULL AS {source.upper()}) AS {t.upper()})" for t in VALUES
        ]
    return blocks


def files():
    for source in VALUES:
        yield f"casts/ansi/{_slug(source)}", _matrix(source, "CAST")
        yield (
            f"casts/legacy/{_slug(source)}",
            ["conf spark.sql.ansi.enabled=false", *_matrix(source, "CAST", few=True)],
        )
        yield f"casts/try/{_slug(source)}", _matrix(source, "TRY_CAST", few=True)
    yield (
        "casts/ansi/nested",
        [f"SELECT CAST({value} AS {target})" for value, targets in NESTED for target in targets],
    )
    for zone in ("America/New_York", "Asia/Kolkata"):
        yield (
            f"casts/zones/{zone.split('/')[1].lower()}",
            [f"conf spark.sql.session.timeZone={zone}", *(f"SELECT {e}" for e in ZONED)],
        )
