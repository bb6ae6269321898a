"""Variant: reading JSON into it, taking values out of it, casting both ways, and its schema."""

DOCUMENTS = [
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "127",
    "128",
    "-128",
    "-129",
    "32767",
    "32768",
    "2147483647",
    "2147483648",
    "-9223372036854775808",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999999999999999",
    "999999999999999999999999999999999999999",
    "0.0",
    "1.5",
    "-1.50",
    "123.456",
    "1e3",
    "1.5e-7",
    "1E400",
    "0.00000000000000000000000000000000000001",
    "12345678901234567890.12345",
    '""',
    '"a"',
    '"Spark SQL 日本 😀"',
    '"' + "x" * 63 + '"',
    '"' + "x" * 64 + '"',
    '"\\\\n\\\\u0041"',
    "[]",
    "[1, 2, 3]",
    '[1, "a", null, true, 1.5]',
    "[[1], [2, [3]]]",
    "{}",
    '{"a": 1}',
    '{"b": 1, "a": 2}',
    '{"a": {"b": [1, {"c": null}]}}',
    '{"a": 1, "A": 2}',
    '{"": 1}',
    '{"é": "ß"}',
    '  {"a" : 1 }  ',
    '{"k1":1,"k2":"two","k3":[3.5,null,{"x":false}]}',
]
BAD = [
    "",
    " ",
    "{",
    "[1,",
    "nope",
    "{a:1}",
    '{"a":1,"a":2}',
    "[1] 2",
    "01",
    "'x'",
    "NaN",
    "[1,]",
    "1.",
    ".5",
    '"a',
    "tru",
]
TYPES = [
    "boolean",
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "decimal(10,2)",
    "decimal(38,0)",
    "string",
    "binary",
    "date",
    "timestamp",
    "timestamp_ntz",
    "array<int>",
    "map<string,int>",
    "struct<a:int>",
    "variant",
    "array<variant>",
    "map<string,string>",
    "struct<a:variant,b:string>",
    "interval day to second",
]
VALUES = [
    "true",
    "1Y",
    "300S",
    "70000",
    "10000000000L",
    "1.5",
    "CAST(1.50 AS DECIMAL(20,2))",
    "CAST(1.5 AS DECIMAL(38,10))",
    "1.5D",
    "CAST(1.5 AS FLOAT)",
    "'abc'",
    "''",
    "X'0102'",
    "DATE '2020-01-31'",
    "TIMESTAMP '2020-01-31 10:11:12.123456'",
    "TIMESTAMP_NTZ '2020-01-31 10:11:12'",
    "array(1, NULL, 3)",
    "array()",
    "named_struct('b', 1, 'a', 'x')",
    "map('k', 1)",
    "map(1, 2)",
    "array(named_struct('x', NULL))",
    "NULL",
    "CAST(NULL AS INT)",
    "INTERVAL '1' DAY",
    "INTERVAL '1' MONTH",
    "double('NaN')",
    "named_struct('a', named_struct('b', array(1.5)))",
    "parse_json('1')",
    "array(parse_json('1'))",
    "CAST(1 AS DECIMAL(5,0))",
    "CAST(100 AS DECIMAL(5,0))",
    "CAST(123456789012 AS DECIMAL(18,2))",
]


def texts(name):
    return [f"SELECT {name}('{document}')" for document in DOCUMENTS]


def parsing():
    for name in ("parse_json", "try_parse_json"):
        rows = ", ".join(
            f"('{document}')" for document in ("1", "null", '{"a":[1]}', "x"[:0] + "true")
        )
        blocks = texts(name) if name == "parse_json" else texts(name)[:6]
        blocks += [f"SELECT {name}('{text.replace(chr(39), chr(92) + chr(39))}')" for text in BAD]
        blocks += [
            f"SELECT {name}(a) FROM VALUES {rows}, (NULL) AS t(a)",
            f"SELECT {name}(NULL)",
            f"SELECT {name}(1)",
            f"SELECT {name}(array(1))",
            f"SELECT {name}()",
            f"SELECT {name}(X'31')",
        ]
        yield f"variant/{name}", blocks
    rows = ", ".join(f"('{document}')" for document in DOCUMENTS if document not in ("1E400",))
    yield (
        "variant/to_json",
        [
            f"SELECT to_json(parse_json(a)) FROM VALUES {rows} AS t(a)",
            f"SELECT CAST(parse_json(a) AS STRING) FROM VALUES {rows} AS t(a)",
            f"SELECT schema_of_variant(parse_json(a)) FROM VALUES {rows} AS t(a)",
            f"SELECT is_variant_null(parse_json(a)) FROM VALUES {rows}, (NULL) AS t(a)",
            f"SELECT schema_of_variant_agg(parse_json(a)) FROM VALUES {rows} AS t(a)",
            "SELECT to_json(named_struct('v', parse_json('{\"a\":[1,2]}')))",
            "SELECT to_json(parse_json('1'), map('pretty', 'true'))",
            'SELECT from_json(\'{"a":{"b":1},"c":[1]}\', \'a variant, c variant\')',
            "SELECT from_json('{\"a\":1}', 'variant')",
            "SELECT from_json('[1, 2]', 'array<variant>')",
        ],
    )
    yield (
        "variant/schema",
        [
            "SELECT schema_of_variant(parse_json('[1, 2.5, \"a\"]'))",
            'SELECT schema_of_variant(parse_json(\'[{"a":1},{"b":true}]\'))',
            "SELECT schema_of_variant(parse_json('[1, null]'))",
            "SELECT schema_of_variant(NULL)",
            "SELECT schema_of_variant(1)",
            "SELECT schema_of_variant('a')",
            "SELECT is_variant_null(NULL)",
            "SELECT is_variant_null(1)",
            "SELECT is_variant_null(parse_json('null')), is_variant_null(parse_json('\"null\"')), is_variant_null(variant_get(parse_json('{\"a\":null}'), '$.a'))",
            *[f"SELECT schema_of_variant(CAST({value} AS VARIANT))" for value in VALUES[:16]],
            'SELECT schema_of_variant_agg(parse_json(j)) FROM VALUES (\'{"foo": "bar"}\'), (\'{"wing": {"ding": "dong"}}\') AS t(j)',
            "SELECT schema_of_variant_agg(parse_json(j)) FROM VALUES ('1'), ('2'), ('3.5'), (NULL) AS t(j)",
            'SELECT schema_of_variant_agg(parse_json(j)) FROM VALUES (\'{"a":1}\'), (\'{"a":"x"}\') AS t(j)',
            "SELECT schema_of_variant_agg(parse_json(j)) FROM (SELECT 'x' AS j WHERE false)",
            "SELECT schema_of_variant_agg(NULL)",
            "SELECT schema_of_variant_agg(1)",
            "SELECT k, schema_of_variant_agg(parse_json(j)) FROM VALUES ('x', '1'), ('y', '[true]'), ('x', '\"a\"') AS t(k, j) GROUP BY k",
        ],
    )


def getting():
    document = 'parse_json(\'{"a":1,"b":{"c":[10,"x",null,{"d":true}]},"e f":2.5,"":3,"s":"12","t":"2020-01-31"}\')'
    paths = [
        "$",
        "$.a",
        "$.b",
        "$.b.c",
        "$.b.c[0]",
        "$.b.c[1]",
        "$.b.c[2]",
        "$.b.c[3].d",
        "$.b.c[9]",
        "$['e f']",
        '$[\\"a\\"]',
        "$.x",
        "$.a.b",
        "$[0]",
        "$.A",
        "$.s",
        "$.t",
        "$.b[0]",
    ]
    bad = [
        "",
        "a",
        "$.",
        "$[",
        "$[a]",
        "$[-1]",
        "$..a",
        "$.a[",
        "$.*",
        "$[99999999999]",
        "$['a\"]",
        "$.a b",
    ]
    for name in ("variant_get", "try_variant_get"):
        blocks = [f"SELECT {name}({document}, '{path}')" for path in paths]
        blocks += [
            f"SELECT {name}({document}, '$.{field}', '{kind}')"
            for kind in TYPES
            for field in ("a", "s", "b", "b.c")
        ]
        blocks += [
            f"SELECT {name}(parse_json('1'), '{path.replace(chr(39), chr(92) + chr(39))}')"
            for path in bad
        ]
        blocks += [
            f"SELECT {name}({document}, '$.b.c[0]', 'string'), {name}({document}, '$.b.c[2]', 'int'), {name}({document}, '$.b.c[3].d', 'int')",
            f"SELECT {name}(NULL, '$.a')",
            f"SELECT {name}({document}, NULL)",
            f"SELECT {name}({document}, NULL, 'int')",
            f"SELECT {name}({document}, '$.a', NULL)",
            f"SELECT {name}({document}, '$.a', 'nosuch')",
            f"SELECT {name}({document}, p) FROM VALUES ('$.a'), ('$.s'), (NULL) AS t(p)",
            f"SELECT {name}({document}, p, 'int') FROM VALUES ('$.a'), ('$.s') AS t(p)",
            f"SELECT {name}({document}, '$.a', p) FROM VALUES ('int') AS t(p)",
            f"SELECT {name}('a', '$.a')",
            f"SELECT {name}({document})",
            f"SELECT {name}({document}, 1)",
        ]
        yield f"variant/{name}", blocks
    yield (
        "variant/paths",
        [
            f"SELECT v:a, v:b.c[0], v:['e f'] FROM (SELECT {document} AS v)",
            f"SELECT v:a::int, v:b.c[1]::string FROM (SELECT {document} AS v)",
            f"SELECT v.a FROM (SELECT {document} AS v)",
            f"SELECT v['a'] FROM (SELECT {document} AS v)",
            f"SELECT v:b:c FROM (SELECT {document} AS v)",
        ],
    )


def casting():
    yield (
        "variant/to_variant",
        [f"SELECT CAST({value} AS VARIANT)" for value in VALUES]
        + [f"SELECT to_variant_object({value})" for value in VALUES]
        + [
            "SELECT TRY_CAST(1 AS VARIANT)",
            "SELECT CAST(map(1, 2) AS VARIANT)",
            "SELECT to_variant_object()",
            "SELECT to_json(to_variant_object(a)) FROM VALUES (named_struct('x', 1, 'y', array('p', NULL))), (NULL) AS t(a)",
            "SELECT to_json(to_variant_object(struct(DATE '2020-01-31' AS d, TIMESTAMP '2020-01-31 10:11:12.5' AS t, TIMESTAMP_NTZ '2020-01-31 10:11:12' AS n, X'6162' AS b, 1.5D AS f, CAST(2.50 AS DECIMAL(9,2)) AS c, CAST(1 AS TINYINT) AS y)))",
        ],
    )
    documents = [
        "null",
        "true",
        "12",
        "300",
        "5000000000",
        "1.75",
        "-2.5",
        "1e20",
        '"12"',
        '"x"',
        '"true"',
        '"2020-01-31"',
        '"2020-01-31 10:11:12"',
        '"1.5"',
        "[1, 2]",
        '[1, "2", null]',
        '{"a": 1}',
        '{"a": "x", "b": 2}',
    ]
    for verb in ("CAST", "TRY_CAST"):
        blocks = []
        for kind in TYPES:
            blocks += (
                [f"SELECT {verb}(parse_json('{document}') AS {kind})" for document in documents]
                if verb == "CAST"
                else [
                    f"SELECT {verb}(parse_json(a) AS {kind}) FROM VALUES "
                    + ", ".join(f"('{document}')" for document in documents)
                    + " AS t(a)"
                ]
            )
        yield f"variant/{verb.lower()}", blocks
    blocks = []
    for kind in TYPES[:14]:
        blocks += [f"SELECT TRY_CAST(CAST({value} AS VARIANT) AS {kind})" for value in VALUES[:16]]
    yield "variant/cast_typed", blocks
    yield (
        "variant/statements",
        [
            "SELECT typeof(parse_json('1'))",
            "SELECT parse_json('1') = parse_json('1')",
            "SELECT parse_json('1') FROM VALUES (1) AS t(a) ORDER BY parse_json('1')",
            "SELECT parse_json(a) FROM VALUES ('1') AS t(a) GROUP BY parse_json(a)",
            "SELECT DISTINCT parse_json(a) FROM VALUES ('1') AS t(a)",
            "SELECT coalesce(NULL, parse_json('1')), if(true, parse_json('2'), NULL)",
            "SELECT array(parse_json('1'), parse_json('\"a\"'))",
            "SELECT map('a', parse_json('1'))",
            "SELECT map(parse_json('1'), 1)",
            "SELECT named_struct('v', parse_json('{}'))",
            "SELECT count(parse_json(a)), first(parse_json(a)) FROM VALUES ('1') AS t(a)",
            "SELECT collect_list(parse_json(a)) FROM VALUES ('1'), ('2') AS t(a)",
            "SELECT max(parse_json(a)) FROM VALUES ('1') AS t(a)",
            "SELECT parse_json('1') + 1",
            "SELECT length(parse_json('\"a\"'))",
            "SELECT upper(parse_json('\"a\"'))",
            "SELECT parse_json('1') UNION ALL SELECT parse_json('2')",
            "SELECT parse_json('1') UNION SELECT parse_json('2')",
            "SELECT parse_json('1') IS NULL, parse_json('null') IS NULL",
            "SELECT hash(parse_json('1'))",
            "SELECT CASE WHEN true THEN parse_json('1') ELSE 2 END",
            "SELECT a FROM (SELECT parse_json('3') AS a) JOIN (SELECT parse_json('3') AS b) ON a = b",
            "SELECT CAST(NULL AS VARIANT)",
            "SELECT * FROM VALUES (parse_json('1')), (NULL) AS t(v)",
        ],
    )


def files():
    for source in (parsing, getting, casting):
        for path, blocks in source():
            yield f"functions/{path}", list(dict.fromkeys(blocks))
