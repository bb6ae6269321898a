"""Number formats, encryption, XML, sketches, geography, collations and other rarer functions.

A row is a path below `functions/` and its expressions, one a line, or whole statements.
"""

NUMBER_FORMATS = """999 000 9 0 99,999 00,000 999.99 000.00 .99 .00 9. 99D9 9G999 9G999D99 S999 MI999 999S 999MI $999 $99.99 999$ 999PR S$99.9 $99.9MI
$99,999.99S 999,999,999 0,000,000.000 S 9999999999999999999 MI$00.0PR""".split()
FORMATTED = [
    "0",
    "1",
    "-1",
    "12",
    "-12.5",
    "454",
    "1234.56",
    "-1234.56",
    "0.5",
    "-0.05",
    "99999",
    "1e3BD",
    "0.00",
    "123456789.125",
]
PARSED = [
    "'0'",
    "'12'",
    "'-12'",
    "'+7'",
    "'454'",
    "'1,234'",
    "'1,234.56'",
    "'$12.5'",
    "'-$78.12'",
    "'12-'",
    "'<12>'",
    "'.5'",
    "'5.'",
    "''",
    "' 12 '",
    "'1 2'",
    "'12.345'",
    "'x'",
    "'12,34'",
    "'٣'",
]
BAD_FORMATS = [
    "''",
    "'x'",
    "'$'",
    "'9$9'",
    "'9.9.9'",
    "'S9S'",
    "'9,'",
    "',9'",
    "'9,,9'",
    "'9.9,9'",
    "'.9$'",
    "'MI9MI'",
    "'PR'",
    "'9PR9'",
    "'$$9'",
    "'S9MI'",
    "'9S9'",
    "NULL",
    "'999a'",
]


def calls(template, values):
    return [f"SELECT {template.format(value)}" for value in values]


def number_formats():
    rows = ", ".join(f"({value})" for value in FORMATTED)
    texts = ", ".join(f"({value})" for value in PARSED)
    for name in ("to_char", "to_varchar"):
        blocks = [
            f"SELECT a, {name}(a, '{pattern}') AS r FROM VALUES {rows} AS t(a)"
            for pattern in NUMBER_FORMATS
        ]
        blocks += calls(name + "(1, {})", BAD_FORMATS)
        blocks += calls(
            name + "({}, '99999.99')",
            [
                "NULL",
                "1L",
                "1Y",
                "1S",
                "1.5D",
                "CAST(1.5 AS FLOAT)",
                "'12'",
                "'x'",
                "true",
                "DATE '2020-01-01'",
                "INTERVAL '1' DAY",
                "array(1)",
                "1e20D",
                "double('NaN')",
                "CAST(1 AS DECIMAL(38, 10))",
            ],
        )
        blocks += [
            f"SELECT {name}(a, f) FROM VALUES (1, '9') AS t(a, f)",
            f"SELECT {name}(DATE '2020-01-31', 'yyyy-MM-dd'), {name}(TIMESTAMP '2020-01-31 10:11:12', 'HH:mm:ss'), {name}(TIMESTAMP_NTZ '2020-01-31 10:11:12', 'y')",
            f"SELECT {name}(X'616263', 'utf-8'), {name}(X'616263', 'HEX'), {name}(X'616263', 'Base64')",
            f"SELECT {name}(X'616263', 'x')",
            f"SELECT {name}(X'616263', NULL)",
            f"SELECT {name}(a, f) FROM VALUES (X'61', 'hex') AS t(a, f)",
            f"SELECT {name}(1)",
            f"SELECT {name}(1, '9', 2)",
            f"SELECT {name}(1, 9)",
        ]
        yield f"format/{name}", blocks
    for name in ("to_number", "try_to_number"):
        blocks = (
            [
                f"SELECT a, try_to_number(a, '{pattern}') AS r FROM VALUES {texts} AS t(a)"
                for pattern in NUMBER_FORMATS
            ]
            if name == "try_to_number"
            else []
        )
        blocks += calls(name + "('12', {})", BAD_FORMATS)
        for pattern in ("999", "000", "9,999.99", "$99.9", "S99", "99MI", "99PR", "99.9"):
            blocks += [f"SELECT {name}({value}, '{pattern}')" for value in PARSED]
        blocks += calls(
            name + "({}, '999')",
            ["NULL", "12", "1.5", "true", "X'3132'", "DATE '2020-01-01'", "array('1')"],
        )
        blocks += [
            f"SELECT {name}(a, f) FROM VALUES ('1', '9') AS t(a, f)",
            f"SELECT {name}('1')",
            f"SELECT {name}('123', '99,99,99')",
        ]
        blocks += [
            f"SELECT {name}('12345678901234567890123456789012345678', '{'9' * 38}')",
            f"SELECT {name}('1', '{'9' * 39}')",
        ]
        yield f"format/{name}", blocks


KEYS = {
    "128": "'0000111122223333'",
    "192": "'000011112222333344445555'",
    "256": "'abcdefghijklmnop12345678ABCDEFGH'",
}
IV16, IV12 = "unhex('00000000000000000000000000000000')", "unhex('000000000000000000000000')"


def crypto():
    blocks = []
    for key in KEYS.values():
        blocks += [
            f"SELECT base64(aes_encrypt('Spark', {key}, 'CBC', 'DEFAULT', {IV16}))",
            f"SELECT base64(aes_encrypt('Spark', {key}, 'GCM', 'DEFAULT', {IV12}))",
            f"SELECT base64(aes_encrypt('Spark', {key}, 'GCM', 'DEFAULT', {IV12}, 'some aad'))",
            f"SELECT base64(aes_encrypt('Spark', {key}, 'ECB', 'PKCS'))",
            f"SELECT base64(aes_encrypt('', {key}, 'ECB'))",
            f"SELECT base64(aes_encrypt('0123456789abcdef', {key}, 'ecb', 'pkcs'))",
            f"SELECT CAST(aes_decrypt(aes_encrypt('Spark', {key}), {key}) AS STRING)",
            f"SELECT CAST(aes_decrypt(aes_encrypt('Spark', {key}, 'CBC'), {key}, 'CBC', 'DEFAULT') AS STRING)",
            f"SELECT CAST(aes_decrypt(aes_encrypt('Spark', {key}, 'GCM', 'NONE'), {key}, 'GCM', 'NONE') AS STRING)",
            f"SELECT length(aes_encrypt('Spark', {key})), length(aes_encrypt('Spark', {key}, 'CBC')), length(aes_encrypt('Spark', {key}, 'ECB'))",
        ]
    k = KEYS["128"]
    blocks += [
        "SELECT aes_encrypt('Spark', 'short', 'ECB')",
        "SELECT aes_encrypt('Spark', NULL, 'ECB')",
        f"SELECT aes_encrypt(NULL, {k})",
        f"SELECT aes_encrypt('Spark', {k}, 'CTR')",
        f"SELECT aes_encrypt('Spark', {k}, 'GCM', 'PKCS')",
        f"SELECT aes_encrypt('Spark', {k}, 'ECB', 'NONE')",
        f"SELECT aes_encrypt('Spark', {k}, 'CBC', 'NONE')",
        f"SELECT aes_encrypt('Spark', {k}, 'ECB', 'PKCS', {IV16})",
        f"SELECT aes_encrypt('Spark', {k}, 'CBC', 'PKCS', X'00')",
        f"SELECT aes_encrypt('Spark', {k}, 'GCM', 'DEFAULT', X'00')",
        f"SELECT aes_encrypt('Spark', {k}, 'CBC', 'DEFAULT', {IV16}, 'aad')",
        f"SELECT aes_encrypt('Spark', {k}, 'ECB', 'DEFAULT', '', 'aad')",
        f"SELECT aes_encrypt('Spark', {k}, NULL)",
        "SELECT aes_encrypt('Spark')",
        f"SELECT aes_encrypt(array(1), {k})",
        f"SELECT aes_encrypt(12, {k}, 'ECB')",
        f"SELECT hex(aes_encrypt(a, {k}, 'ECB')) FROM VALUES ('a'), (''), (NULL), ('日本') AS t(a)",
    ]
    yield "crypto/aes_encrypt", blocks
    blocks = []
    for name in ("aes_decrypt", "try_aes_decrypt"):
        blocks = [
            f"SELECT {name}(unhex('83F16B2AA704794132802D248E6BFD4E380078182D1544813898AC97E709B28A94'), '0000111122223333')",
            f"SELECT {name}(unhex('6E7CA17BBB468D3084B5744BCA729FB7B2B7BCB8E4472847D02670489D95FA97DBBA7D3210'), '0000111122223333', 'GCM')",
            f"SELECT {name}(unbase64('3lmwu+Mw0H3fi5NDvcu9lg=='), '1234567890abcdef', 'ECB', 'PKCS')",
            f"SELECT {name}(unbase64('2NYmDCjgXTbbxGA3/SnJEfFC/JQ7olk2VQWReIAAFKo='), '1234567890abcdef', 'CBC')",
            f"SELECT {name}(unbase64('AAAAAAAAAAAAAAAAAAAAAPSd4mWyMZ5mhvjiAPQJnfg='), 'abcdefghijklmnop12345678ABCDEFGH', 'CBC', 'DEFAULT')",
            f"SELECT {name}(unbase64('AAAAAAAAAAAAAAAAQiYi+sTLm7KD9UcZ2nlRdYDe/PX4'), 'abcdefghijklmnop12345678ABCDEFGH', 'GCM', 'DEFAULT', 'This is an AAD mixed into the input')",
            f"SELECT {name}(X'00', '0000111122223333')",
            f"SELECT {name}(X'00', '0000111122223333', 'ECB')",
            f"SELECT {name}(X'00', '0000111122223333', 'CBC')",
            f"SELECT {name}(unhex('83F16B2AA704794132802D248E6BFD4E380078182D1544813898AC97E709B28A95'), '0000111122223333')",
            f"SELECT {name}(unbase64('3lmwu+Mw0H3fi5NDvcu9lg=='), '1234567890abcdeX', 'ECB')",
            f"SELECT {name}(X'', '0000111122223333')",
            f"SELECT {name}(X'00', 'short')",
            f"SELECT {name}(NULL, '0000111122223333')",
            f"SELECT {name}(X'00', NULL)",
            f"SELECT {name}(X'00', '0000111122223333', 'CTR')",
            f"SELECT {name}(X'00', '0000111122223333', 'CBC', 'NONE')",
            f"SELECT {name}(X'00')",
            f"SELECT {name}('a', 1)",
            f"SELECT {name}(a, '0000111122223333', 'ECB') FROM VALUES (aes_encrypt('a', '0000111122223333', 'ECB')), (NULL) AS t(a)",
        ]
        yield f"crypto/{name}", blocks


def rare():
    yield (
        "rare/try_make_interval",
        [
            "SELECT try_make_interval()",
            "SELECT try_make_interval(100)",
            "SELECT try_make_interval(100, 11)",
            "SELECT try_make_interval(100, 11, 1, 1, 12, 30, 01.001001)",
            "SELECT try_make_interval(2147483647, 100)",
            "SELECT try_make_interval(NULL, 1)",
            "SELECT try_make_interval(0, 0, 2147483647)",
            "SELECT try_make_interval(0, 0, 0, 0, 2147483647)",
            "SELECT try_make_interval(0, 0, 0, 0, 0, 0, 1234567890123456BD)",
            "SELECT try_make_interval(y, 1) FROM VALUES (1), (NULL), (2147483647) AS t(y)",
            "SELECT try_make_interval('x')",
            "SELECT try_make_interval(1, 2, 3, 4, 5, 6, 7, 8)",
            "SELECT try_make_interval(true)",
            "SELECT make_interval(2147483647, 100)",
        ],
    )
    yield (
        "rare/sentences",
        calls(
            "sentences({})",
            [
                "'Hi there! Good morning.'",
                "'Hi there! The price was $1,234.56.... But, not now.'",
                "''",
                "NULL",
                "'one'",
                "'a b. c d? e!'",
                "'Mr. Smith went to Washington. He arrived.'",
                "'日本語。テスト。'",
                "'été à la plage. Où?'",
                "'a-b c_d e''f 1.5 2,5 x.y'",
                "'line\\none\\n\\ntwo'",
                "'Hi there! Good morning.', 'en'",
                "'Hi there! Good morning.', 'en', 'US'",
                "'Hi there! Good morning.', NULL, NULL",
                "'Hi', 'xx', 'YY'",
                "12",
                "array('a')",
                "'a', 'b', 'c', 'd'",
                "'e.g. this, i.e. that. 3.14 is pi.'",
                "'(quoted) \"words\" [here]. \\'single\\''",
                "'tab\\tseparated words'",
                "'foo@bar.com http://x.y/z?q=1'",
                "'Wait... what?! No way!!'",
                "'50% of $100 & more'",
            ],
        )
        + ["SELECT sentences(a) FROM VALUES ('One. Two.'), (NULL), ('') AS t(a)"],
    )
    yield (
        "rare/histogram_numeric",
        [
            f"SELECT histogram_numeric({arguments}) FROM {source}"
            for arguments in ("a, 5", "a, 2", "a, 3", "a, 10")
            for source in (
                "VALUES (0), (1), (2), (10) AS t(a)",
                "VALUES (1.5D), (2.5D), (NULL), (-4D), (100D), (101D) AS t(a)",
                "VALUES (1.50), (2.25), (NULL), (-3.75) AS t(a)",
                "VALUES (1L), (1L), (1L), (5L), (6L), (20L) AS t(a)",
                "VALUES (CAST(1 AS TINYINT)), (CAST(3 AS TINYINT)), (CAST(9 AS TINYINT)) AS t(a)",
                "VALUES (CAST(1.5 AS FLOAT)), (CAST(3.5 AS FLOAT)) AS t(a)",
                "VALUES (DATE '2020-01-01'), (DATE '2020-01-05'), (DATE '2020-02-01') AS t(a)",
                "VALUES (TIMESTAMP '2020-01-01 00:00:00'), (TIMESTAMP '2020-01-01 00:00:10'), (TIMESTAMP '2020-01-02 00:00:00') AS t(a)",
                "VALUES (TIMESTAMP_NTZ '2020-01-01 00:00:00'), (TIMESTAMP_NTZ '2020-01-01 00:00:10') AS t(a)",
                "VALUES (INTERVAL '1' DAY), (INTERVAL '3' DAY), (INTERVAL '9' DAY) AS t(a)",
                "VALUES (INTERVAL '1' MONTH), (INTERVAL '3' MONTH), (INTERVAL '19' MONTH) AS t(a)",
                "(SELECT id AS a FROM range(100))",
                "(SELECT 1 AS a WHERE false)",
                "VALUES (CAST(NULL AS INT)) AS t(a)",
            )
        ]
        + [
            "SELECT histogram_numeric('a', 3)",
            "SELECT histogram_numeric(1, 1)",
            "SELECT histogram_numeric(1, 0)",
            "SELECT histogram_numeric(1, NULL)",
            "SELECT histogram_numeric(1, -1)",
            "SELECT histogram_numeric(1, 2L)",
            "SELECT histogram_numeric(1, 'x')",
            "SELECT histogram_numeric(a, a) FROM VALUES (1) AS t(a)",
            "SELECT histogram_numeric(true, 3)",
            "SELECT histogram_numeric(array(1), 3)",
            "SELECT histogram_numeric(1)",
            "SELECT k, histogram_numeric(a, 3) FROM VALUES ('x', 1), ('x', 5), ('y', 2), ('x', 7), ('x', 9) AS t(k, a) GROUP BY k",
            "SELECT a, histogram_numeric(a, 2) OVER (ORDER BY a) FROM VALUES (1), (5), (9) AS t(a)",
            "SELECT histogram_numeric(DISTINCT a, 3) FROM VALUES (1), (1), (5) AS t(a)",
        ],
    )
    yield (
        "rare/randstr",
        calls(
            "randstr({})",
            [
                "3, 0",
                "0, 1",
                "10, 42",
                "5, 0L",
                "3S, 1S",
                "NULL, 0",
                "-1, 0",
                "'3', 0",
                "3, NULL",
                "3, 1.5",
                "3D, 0",
                "1, 2, 3",
                "20, -7",
            ],
        )
        + [
            "SELECT length(randstr(7))",
            "SELECT length(randstr(5, 3)), randstr(5, 3) = randstr(5, 3)",
            "SELECT randstr(a, 0) FROM VALUES (1) AS t(a)",
            "SELECT randstr(4, a) FROM VALUES (1) AS t(a)",
            "SELECT a, randstr(4, 9) FROM VALUES (1), (2), (3) AS t(a)",
            "SELECT randstr(3 + 1, 1 + 1)",
            "SELECT randstr()",
        ],
    )
    yield (
        "rare/uniform",
        calls(
            "uniform({})",
            [
                "10, 20, 0",
                "0, 100, 5",
                "10.0D, 20, 0",
                "1, 5L, 3",
                "CAST(1 AS TINYINT), CAST(9 AS TINYINT), 1",
                "1.5, 2.5, 7",
                "CAST(1 AS FLOAT), CAST(2 AS FLOAT), 3",
                "20, 10, 0",
                "NULL, 1, 0",
                "0, NULL, 0",
                "0, 1, NULL",
                "5, 5, 1",
                "'a', 1, 0",
                "1, 2, 1.5",
                "0L, 9223372036854775807L, 2",
                "-10, 10, 4",
                "1, 2, 3, 4",
                "true, false, 0",
                "CAST(1 AS SMALLINT), 7, 0",
                "CAST(1.5 AS DECIMAL(4, 2)), CAST(99.5 AS DECIMAL(5, 1)), 8",
                "1",
                "0, 1D, 11L",
            ],
        )
        + [
            "SELECT uniform(0, 10) BETWEEN 0 AND 10",
            "SELECT uniform(a, 10, 0) FROM VALUES (1) AS t(a)",
            "SELECT a, uniform(0, 1000, 9) FROM VALUES (1), (2), (3) AS t(a)",
            "SELECT typeof(uniform(1, 2)), typeof(uniform(1.5D, 2)), typeof(uniform(1L, 2)), typeof(uniform(1.5, 2))",
        ],
    )
    yield (
        "rare/session_window",
        [
            "SELECT session_window, count(*) FROM VALUES (TIMESTAMP '2021-01-01 00:00:00'), (TIMESTAMP '2021-01-01 00:04:30'), (TIMESTAMP '2021-01-01 00:10:00') AS t(b) GROUP BY session_window(b, '5 minutes') ORDER BY 1",
            "SELECT a, session_window.start, session_window.end, count(*) AS cnt FROM VALUES ('A1', '2021-01-01 00:00:00'), ('A1', '2021-01-01 00:04:30'), ('A1', '2021-01-01 00:10:00'), ('A2', '2021-01-01 00:01:00') AS t(a, b) GROUP BY a, session_window(b, '5 minutes') ORDER BY a, start",
            "SELECT a, session_window.start, session_window.end, count(*) AS cnt FROM VALUES ('A1', '2021-01-01 00:00:00'), ('A1', '2021-01-01 00:04:30'), ('A1', '2021-01-01 00:10:00'), ('A2', '2021-01-01 00:01:00'), ('A2', '2021-01-01 00:04:30') AS t(a, b) GROUP BY a, session_window(b, CASE WHEN a = 'A1' THEN '5 minutes' WHEN a = 'A2' THEN '1 minute' ELSE '10 minutes' END) ORDER BY a, start",
            "SELECT session_window(b, INTERVAL 5 MINUTES) AS w, sum(v) FROM VALUES (TIMESTAMP '2021-01-01 00:00:00', 1), (TIMESTAMP '2021-01-01 00:04:30', 2), (NULL, 4) AS t(b, v) GROUP BY session_window(b, INTERVAL 5 MINUTES)",
            "SELECT session_window(b, '5 minutes') FROM VALUES (TIMESTAMP '2021-01-01 00:00:00') AS t(b)",
            "SELECT session_window(b, '0 minutes') AS w, count(*) FROM VALUES (TIMESTAMP '2021-01-01 00:00:00') AS t(b) GROUP BY session_window(b, '0 minutes')",
            "SELECT count(*) FROM VALUES (TIMESTAMP '2021-01-01 00:00:00') AS t(b) GROUP BY session_window(b, '-1 minutes')",
            "SELECT count(*) FROM VALUES (TIMESTAMP '2021-01-01 00:00:00') AS t(b) GROUP BY session_window(b, 'x')",
            "SELECT count(*) FROM VALUES (1) AS t(b) GROUP BY session_window(b, '5 minutes')",
            "SELECT session_window(b, '5 minutes').start AS s, count(*) FROM VALUES (TIMESTAMP_NTZ '2021-01-01 00:00:00'), (TIMESTAMP_NTZ '2021-01-01 00:05:00') AS t(b) GROUP BY session_window(b, '5 minutes') ORDER BY s",
        ],
    )
    yield (
        "rare/input_file",
        [
            "SELECT input_file_name(), input_file_block_start(), input_file_block_length()",
            "SELECT input_file_name() FROM VALUES (1), (2) AS t(a)",
            "SELECT input_file_block_start() FROM range(2)",
            "SELECT input_file_name(1)",
            "SELECT count(*) FROM range(3) GROUP BY input_file_name()",
        ],
    )
    yield (
        "rare/reflect",
        [
            "SELECT reflect('java.util.UUID', 'fromString', 'a5cf6c42-0c85-418f-af6c-3e4e5b1328f2')",
            "SELECT java_method('java.lang.Math', 'max', 2, 3)",
            "SELECT reflect('java.lang.Integer', 'parseInt', 'x')",
            "SELECT try_reflect('java.net.URLDecoder', 'decode', '%')",
            "SELECT reflect('no.such.Clazz', 'x')",
            "SELECT reflect('java.util.UUID', 'nothing')",
            "SELECT reflect('java.util.UUID')",
            "SELECT reflect(1, 'a')",
            "SELECT reflect(NULL, 'a')",
            "SELECT reflect('java.util.UUID', 'fromString', array(1))",
            "SELECT reflect(a, 'b') FROM VALUES ('x') AS t(a)",
        ],
    )
    yield (
        "rare/case_and_cast",
        [
            "SELECT `cast`(1)",
            "SELECT cast(1)",
            "SELECT `case`(1, 2)",
            "SELECT `when`(true, 2)",
            "SELECT `when`(true, 2, 3)",
            "SELECT `case`(true, 2, 3)",
            "SELECT percentile_cont(0.5)",
            "SELECT percentile_cont(a) FROM VALUES (1) AS t(a)",
            "SELECT percentile_disc(a, 0.5) FROM VALUES (1) AS t(a)",
            "SELECT percentile_cont()",
            "SELECT mode() FROM VALUES (1) AS t(a)",
        ],
    )
    yield (
        "rare/time_functions",
        [
            "SELECT time_diff('HOUR', TIME'20:30:29', TIME'21:30:28')",
            "SELECT time_trunc('HOUR', TIME'09:32:05.359')",
            "SELECT make_time(6, 30, 45.887)",
            "SELECT to_time('00:12:00')",
            "SELECT try_to_time('00:12:00')",
            "SELECT current_time()",
            "SELECT TIME'10:00:00'",
            "SELECT CAST('10:00:00' AS TIME)",
            "SELECT time_diff('HOUR', 1, 2)",
            "SELECT time_diff('x', NULL, NULL)",
            "SELECT time_diff(1)",
            "SELECT time_trunc('HOUR', NULL)",
        ],
    )


def geo():
    point = "X'0101000000000000000000F03F0000000000000040'"
    yield (
        "geo/st_functions",
        [
            f"SELECT hex(st_asbinary(st_geogfromwkb({point})))",
            f"SELECT hex(st_asbinary(st_geomfromwkb({point})))",
            f"SELECT st_srid(st_geogfromwkb({point}))",
            f"SELECT st_srid(st_geomfromwkb({point}))",
            f"SELECT st_srid(st_setsrid(st_geogfromwkb({point}), 4326))",
            f"SELECT st_srid(st_setsrid(st_geomfromwkb({point}), 3857))",
            f"SELECT st_setsrid(st_geomfromwkb({point}), -1)",
            f"SELECT st_geogfromwkb({point})",
            f"SELECT st_geomfromwkb({point})",
            f"SELECT typeof(st_geogfromwkb({point})), typeof(st_geomfromwkb({point}))",
            "SELECT st_geogfromwkb(NULL)",
            "SELECT st_asbinary(NULL)",
            "SELECT st_srid(NULL)",
            "SELECT st_setsrid(NULL, 1)",
            "SELECT st_geogfromwkb(X'00')",
            "SELECT st_geomfromwkb(X'')",
            "SELECT st_geogfromwkb('a')",
            "SELECT st_geogfromwkb(1)",
            "SELECT st_asbinary(1)",
            "SELECT st_srid('x')",
            "SELECT st_setsrid(1, 2)",
            "SELECT st_srid()",
            "SELECT st_geogfromwkb()",
            "SELECT st_geogfromwkb(a) FROM VALUES (X'01') AS t(a)",
            "SELECT CAST(NULL AS GEOMETRY(4326))",
            "SELECT CAST(NULL AS GEOGRAPHY(4326))",
        ],
    )


NAMES = [
    "UTF8_BINARY",
    "UTF8_LCASE",
    "UNICODE",
    "UNICODE_CI",
    "UTF8_BINARY_RTRIM",
    "UTF8_LCASE_RTRIM",
    "UNICODE_CI_AI",
    "en",
    "de_CI_AI",
    "utf8_lcase",
    "nothing",
    "UTF8_LCASEX",
]


def collations():
    yield (
        "collation/collation",
        [f"SELECT collation('a' COLLATE {name})" for name in NAMES]
        + [f"SELECT collation(collate('a', '{name}'))" for name in NAMES]
        + [
            "SELECT collation('a')",
            "SELECT collation(NULL)",
            "SELECT collation(1)",
            "SELECT collation(a) FROM VALUES ('x') AS t(a)",
            "SELECT collation(upper('a' COLLATE UTF8_LCASE))",
            "SELECT collation(concat('a' COLLATE UTF8_LCASE, 'b'))",
            "SELECT collation(CAST('a' AS STRING COLLATE UTF8_LCASE))",
            "SELECT collation('a' COLLATE UTF8_LCASE || 'b' COLLATE UTF8_BINARY)",
            "SELECT collation()",
        ],
    )
    lower, trimmed = "COLLATE UTF8_LCASE", "COLLATE UTF8_BINARY_RTRIM"
    yield (
        "collation/collate",
        [
            f"SELECT 'a' {lower}",
            "SELECT collate('a', 'UTF8_LCASE')",
            "SELECT collate('a', 'UTF8_BINARY')",
            "SELECT collate(1, 'UTF8_LCASE')",
            "SELECT collate('a', NULL)",
            "SELECT collate(NULL, 'UTF8_LCASE')",
            "SELECT collate('a', 1)",
            "SELECT collate('a', b) FROM VALUES ('UTF8_LCASE') AS t(b)",
            "SELECT collate('a')",
            "SELECT 1 COLLATE UTF8_LCASE",
            f"SELECT 'A' {lower} = 'a', 'A' {lower} < 'b', 'a' {lower} <> 'A', 'a' {lower} <=> 'A', 'ß' {lower} = 'ẞ', 'İ' {lower} = 'i̇'",
            f"SELECT 'a ' {trimmed} = 'a', 'a' {trimmed} = ' a', 'a  ' {trimmed} < 'b'",
            "SELECT 'A ' COLLATE UTF8_LCASE_RTRIM = 'a'",
            f"SELECT 'A' {lower} IN ('a', 'b'), 'c' {lower} IN ('A', 'B')",
            f"SELECT a, count(*) FROM VALUES ('a' {lower}), ('A' {lower}), ('b' {lower}) AS t(a) GROUP BY a",
            f"SELECT DISTINCT a FROM (SELECT a {lower} AS a FROM VALUES ('a'), ('A'), ('b') AS t(a))",
            f"SELECT a FROM (SELECT a {lower} AS a FROM VALUES ('b'), ('A'), ('c'), ('B') AS t(a)) ORDER BY a, 1",
            f"SELECT a FROM VALUES ('b'), ('A'), ('c') AS t(a) ORDER BY a {lower}",
            f"SELECT max(a), min(a) FROM (SELECT a {lower} AS a FROM VALUES ('b'), ('A'), ('C') AS t(a))",
            f"SELECT count(DISTINCT a) FROM (SELECT a {lower} AS a FROM VALUES ('a'), ('A'), ('b') AS t(a))",
            f"SELECT contains('ABC' {lower}, 'b'), startswith('ABC' {lower}, 'a'), endswith('ABC' {lower}, 'c'), instr('ABC' {lower}, 'b'), locate('c', 'ABC' {lower})",
            f"SELECT replace('ABCabc' {lower}, 'b', 'x'), split_part('aXbxc' {lower}, 'x', 2), substring_index('aXbxc' {lower}, 'x', 2), trim('x' {lower}, 'XaX')",
            f"SELECT 'ABC' {lower} LIKE 'a%', 'ABC' {lower} ILIKE 'a%', 'ABC' {lower} RLIKE 'b'",
            f"SELECT array_contains(array('A' {lower}), 'a'), array_distinct(array('A' {lower}, 'a')), array_position(array('b' {lower}, 'A'), 'a')",
            f"SELECT hash('a' {lower}), upper('a' {lower}), length('ab' {lower}), reverse('ab' {lower})",
            f"SELECT typeof('a' {lower}), typeof(array('a' {lower})), typeof(named_struct('x', 'a' {lower}))",
            f"SELECT 'a' {lower} = 'b' COLLATE UTF8_BINARY",
            f"SELECT t.a FROM (SELECT a {lower} AS a FROM VALUES ('a'), ('B') AS t(a)) t JOIN (SELECT a {lower} AS a FROM VALUES ('A'), ('b') AS t(a)) u ON t.a = u.a",
            f"SELECT greatest('a' {lower}, 'B'), least('b' {lower}, 'A'), nullif('a' {lower}, 'A'), coalesce(NULL, 'a' {lower})",
            f"SELECT CASE 'A' {lower} WHEN 'a' THEN 1 ELSE 2 END, find_in_set('A' {lower}, 'b,a'), levenshtein('A' {lower}, 'a'), translate('ABC' {lower}, 'b', 'x')",
            "SELECT CAST('a' AS STRING COLLATE UTF8_LCASE) = 'A'",
            f"SELECT map('A' {lower}, 1)['a']",
            f"SELECT map('A' {lower}, 1, 'a' {lower}, 2)",
            f"SELECT row_number() OVER (PARTITION BY a ORDER BY b) AS r, a FROM (SELECT a {lower} AS a, b FROM VALUES ('a', 1), ('A', 2), ('b', 3) AS t(a, b))",
            f"SELECT a FROM (SELECT a {lower} AS a FROM VALUES ('a'), ('b') AS t(a)) UNION SELECT 'A' {lower}",
        ],
    )
    yield (
        "collation/collations",
        [
            "SELECT count(*) > 100 FROM collations()",
            "SELECT name, language, country, accent_sensitivity, case_sensitivity, pad_attribute FROM collations() WHERE name LIKE 'UTF8%' ORDER BY name",
            "SELECT * FROM collations() WHERE name = 'UNICODE_CI'",
            "SELECT * FROM collations(1)",
            "SELECT collations()",
        ],
    )


def tables():
    yield (
        "table/functions",
        [
            "SELECT * FROM range(3)",
            "SELECT * FROM range(1, 4)",
            "SELECT * FROM range(1, 10, 3)",
            "SELECT * FROM range(10, 1, -3)",
            "SELECT * FROM range(0, 4, 1, 2)",
            "SELECT * FROM range(1, 2, 0)",
            "SELECT * FROM range('3')",
            "SELECT * FROM range(2.5)",
            "SELECT * FROM range(NULL)",
            "SELECT * FROM range()",
            "SELECT * FROM range(1, 2, 3, 4, 5)",
            "SELECT * FROM range(end => 3)",
            "SELECT * FROM range(start => 1, end => 3)",
            "SELECT * FROM range(start => 1)",
            "SELECT * FROM range(3) AS t(a)",
            "SELECT * FROM range(3) AS t(a, b)",
            "SELECT range(3)",
            "SELECT * FROM VALUES (2) AS t(a), LATERAL range(2) AS r(b)",
            "SELECT * FROM VALUES (2), (3) AS t(a) JOIN LATERAL range(1, 3) AS r(b) ON a > b",
            "SELECT * FROM range(a) FROM VALUES (1) AS t(a)",
            "SELECT * FROM explode(array(10, 20))",
            "SELECT * FROM explode(map('a', 1, 'b', 2))",
            "SELECT * FROM explode_outer(array())",
            "SELECT * FROM explode(NULL)",
            "SELECT * FROM explode(1)",
            "SELECT * FROM explode(array(1), array(2))",
            "SELECT * FROM explode(collection => array(1, 2))",
            "SELECT * FROM posexplode(array('a', 'b'))",
            "SELECT * FROM posexplode_outer(array())",
            "SELECT * FROM inline(array(struct(1, 'a'), struct(2, 'b')))",
            "SELECT * FROM inline_outer(array())",
            "SELECT * FROM stack(2, 1, 2, 3)",
            "SELECT * FROM stack(0, 1)",
            "SELECT * FROM stack(1)",
            "SELECT * FROM json_tuple('{\"a\":1,\"b\":2}', 'a', 'b')",
            "SELECT * FROM json_tuple('{\"a\":1}', 'a') AS t(x)",
            "SELECT * FROM explode(array(1, 2)) AS t(x) WHERE x > 1",
            "SELECT t.*, u.* FROM VALUES (1), (2) AS t(a), LATERAL explode(array(a, a * 10)) AS u(b)",
            "SELECT a, b FROM VALUES (1) AS t(a) JOIN LATERAL stack(2, a, a + 1) AS u(b)",
            "SELECT * FROM sql_keywords() WHERE keyword IN ('SELECT', 'AND', 'ADD', 'ZONE', 'ANTI') ORDER BY keyword",
            "SELECT count(*), count_if(reserved) FROM sql_keywords()",
            "SELECT * FROM sql_keywords() ORDER BY keyword",
            "SELECT * FROM sql_keywords(1)",
            "SELECT sql_keywords()",
            "SELECT * FROM python_worker_logs()",
            "SELECT * FROM nosuchfunction(1)",
            "SELECT * FROM upper('a')",
            "SELECT * FROM variant_explode(parse_json('[1, \"a\", null]'))",
            'SELECT * FROM variant_explode(parse_json(\'{"a": 1, "b": [2]}\'))',
            "SELECT * FROM variant_explode(parse_json('3'))",
            "SELECT * FROM variant_explode_outer(parse_json('3'))",
            "SELECT * FROM variant_explode(NULL)",
            "SELECT * FROM variant_explode_outer(NULL)",
            "SELECT * FROM variant_explode(1)",
            "SELECT variant_explode(parse_json('[1]'))",
            "SELECT t.id, e.pos, e.key, e.value FROM VALUES (1, '[1,2]'), (2, '{\"x\":true}') AS t(id, j), LATERAL variant_explode(parse_json(j)) AS e",
            "SELECT id, pos, key, value FROM VALUES (1, '[1,2]'), (2, '3') AS t(id, j) LATERAL VIEW OUTER variant_explode(parse_json(j)) e",
        ],
    )


def files():
    for source in (number_formats, crypto, rare, geo, collations, tables):
        for path, blocks in source():
            yield f"functions/{path}", list(dict.fromkeys(blocks))
