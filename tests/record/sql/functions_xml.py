"""XML: reading it as Spark types, inferring a schema, writing it, and XPath."""

DOCUMENTS = {
    "flat": "<p><a>1</a><b>0.8</b></p>",
    "repeated": "<p><a>1</a><a>2</a><a>3</a></p>",
    "nested": "<p><a>1</a><c><d>x</d><e>true</e></c></p>",
    "attributes": '<p id="7"><a k="v">1</a><b/></p>',
    "mixed": "<p>text<a>1</a>tail</p>",
    "empty": "<p></p>",
    "closed": "<p/>",
    "comment": "<p><!-- c --><a>1</a></p>",
    "cdata": "<p><a><![CDATA[<x>&]]></a></p>",
    "entities": "<p><a>&lt;&amp;&gt;&quot;&apos;&#65;</a></p>",
    "spaces": "<p> <a> 1 </a> <b>  </b> </p>",
    "prolog": '<?xml version="1.0" encoding="UTF-8"?><p><a>1</a></p>',
    "namespaces": '<n:p xmlns:n="http://x"><n:a>1</n:a></n:p>',
    "dates": "<p><d>2020-01-31</d><t>2020-01-31T10:11:12Z</t><u>2020-01-31 10:11:12</u></p>",
    "numbers": "<p><i>12</i><l>12345678901</l><f>1.5</f><e>1e3</e><n>-3</n><z>007</z><b>true</b><v>NaN</v></p>",
    "structs": "<p><r><x>1</x></r><r><x>2</x><y>z</y></r></p>",
    "broken": "<p><a>1</p>",
    "text": "no xml",
    "nothing": "",
    "two": "<p><a>1</a></p><p><a>2</a></p>",
}
SCHEMAS = [
    "a INT",
    "a STRING",
    "a INT, b DOUBLE",
    "a ARRAY<INT>",
    "a STRING, b STRING",
    "_id INT, a STRUCT<_VALUE: INT, _k: STRING>, b STRING",
    "c STRUCT<d: STRING, e: BOOLEAN>",
    "_VALUE STRING, a INT",
    "x INT",
    "_corrupt_record STRING, a INT",
]
STRUCTS = [
    "named_struct('a', 1, 'b', 2)",
    "named_struct('a', NULL, 'b', 'x')",
    "named_struct('time', TIMESTAMP '2015-08-26 00:00:00', 'd', DATE '2020-01-31')",
    "named_struct('a', array(1, 2, NULL))",
    "named_struct('a', named_struct('b', 1.5D, 'c', true))",
    "named_struct('m', map('k', 1, 'l', 2))",
    "named_struct('_id', 7, 'a', 'x')",
    "named_struct('a', named_struct('_VALUE', 'v', '_k', 'w'))",
    "named_struct('a', '<&>\"')",
    "named_struct('a', X'0102')",
    "named_struct('a', CAST(1.50 AS DECIMAL(5,2)), 'b', 1L, 'c', CAST(1.5 AS FLOAT))",
    "named_struct('a', array(named_struct('x', 1), named_struct('x', 2)))",
    "named_struct('a', array(array(1, 2), array(3)))",
    "named_struct('a', '')",
    "named_struct('a b', 1)",
    "named_struct('a', double('NaN'))",
    "named_struct('a', INTERVAL '1' DAY)",
]
XPATH = [
    (
        "<a><b>b1</b><b>b2</b><b>b3</b><c>c1</c><c>c2</c></a>",
        [
            "a/b/text()",
            "a/b",
            "a/b[1]",
            "a/b[2]/text()",
            "a/*",
            "a/*/text()",
            "//b",
            "count(a/b)",
            "a/c[last()]",
            "a/b[position()>1]/text()",
            "name(a/*[1])",
            "string(a)",
            "a/b | a/c",
            "a/x",
            '/a/b[text()="b2"]',
            "concat(a/b[1], a/c[1])",
            "string-length(a/b[1])",
            "a/b/..",
            "a/descendant::c",
            ".",
        ],
    ),
    (
        "<a><b>1</b><b>2.5</b><b>x</b></a>",
        [
            "sum(a/b[1] | a/b[2])",
            "sum(a/b)",
            "a/b[1]",
            "a/b[2]",
            "a/b[3]",
            "a/b[1] = 1",
            "a/b[1] + a/b[2]",
            "a/b[1] * 10 mod 3",
            "a/b[1] div 0",
            "-a/b[1]",
            "a/b[1] > 0 and a/b[2] < 3",
            "not(a/b)",
            "floor(a/b[2])",
            "ceiling(a/b[2])",
            "round(a/b[2])",
            "number(a/b[3])",
            "boolean(a/b[1])",
            "true()",
            "2 + 3",
            "a/b[. > 1]",
        ],
    ),
    (
        '<a id="1"><b k="v">t</b><b k="w"/></a>',
        [
            "a/@id",
            "a/b/@k",
            "//@k",
            'a/b[@k="w"]',
            "a/b[@k]",
            'a/b[@k="v"]/text()',
            "a[@id=1]/b[1]/@k",
            "count(//@*)",
            "string(a/@id)",
            'a/b[contains(@k, "v")]/@k',
            "substring(a/b[1], 1, 1)",
            'starts-with(a/b[1], "t")',
            'normalize-space(" x  y ")',
            'translate(a/b[1], "t", "T")',
        ],
    ),
]
NAMES = [
    "xpath",
    "xpath_boolean",
    "xpath_double",
    "xpath_float",
    "xpath_int",
    "xpath_long",
    "xpath_number",
    "xpath_short",
    "xpath_string",
]


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def xpath():
    for name in NAMES:
        blocks = [
            f"SELECT {name}({quoted(document)}, {quoted(path)})"
            for document, paths in XPATH
            for path in paths
        ]
        blocks += [
            f"SELECT {name}('<a>', 'a')",
            f"SELECT {name}('', 'a')",
            f"SELECT {name}(NULL, 'a')",
            f"SELECT {name}('<a/>', NULL)",
            f"SELECT {name}('<a>1</a>', '')",
            f"SELECT {name}('<a>1</a>', 'a[')",
            f"SELECT {name}('<a>1</a>', '!#$')",
            f"SELECT {name}('<a>99999999999999999999</a>', 'a')",
            f"SELECT {name}('<a>-1.9</a>', 'a')",
            f"SELECT {name}('<a> 12 </a>', 'a')",
            f"SELECT {name}(1, 'a')",
            f"SELECT {name}('<a>1</a>')",
            f"SELECT {name}('<a>1</a>', 1)",
            f"SELECT {name}(x, 'a/b') FROM VALUES ('<a><b>1</b></a>'), (NULL), ('<a><b>2</b><b>3</b></a>') AS t(x)",
            f"SELECT {name}('<a>1</a>', p) FROM VALUES ('a') AS t(p)",
            f"SELECT {name}('<n:a xmlns:n=\"u\"><n:b>1</n:b></n:a>', 'n:a/n:b')",
            f"SELECT {name}('<n:a xmlns:n=\"u\"><n:b>1</n:b></n:a>', '*/*')",
            f"SELECT {name}('<a><![CDATA[1]]></a>', 'a')",
            f"SELECT {name}('<a><!-- c -->1</a>', 'a/comment()')",
            f"SELECT {name}('<a>&#49;</a>', 'a/text()')",
        ]
        yield f"xml/{name}", blocks


def xml():
    blocks = [
        f"SELECT from_xml({quoted(document)}, '{schema}')"
        for document in DOCUMENTS.values()
        for schema in SCHEMAS
    ]
    blocks += [
        f"SELECT from_xml({quoted(DOCUMENTS['numbers'])}, 'i TINYINT, l BIGINT, f FLOAT, e DOUBLE, n DECIMAL(5,1), z INT, b BOOLEAN, v DOUBLE')",
        f"SELECT from_xml({quoted(DOCUMENTS['numbers'])}, 'i STRING, l INT, f INT, b INT')",
        f"SELECT from_xml({quoted(DOCUMENTS['dates'])}, 'd DATE, t TIMESTAMP, u TIMESTAMP_NTZ')",
        f"SELECT from_xml({quoted(DOCUMENTS['dates'])}, 'd STRING, u TIMESTAMP')",
        f"SELECT from_xml({quoted(DOCUMENTS['structs'])}, 'r ARRAY<STRUCT<x: INT, y: STRING>>')",
        f"SELECT from_xml({quoted(DOCUMENTS['structs'])}, 'r STRUCT<x: INT>')",
        f"SELECT from_xml({quoted(DOCUMENTS['nested'])}, 'c MAP<STRING, STRING>')",
        f"SELECT from_xml({quoted(DOCUMENTS['nested'])}, 'c STRING')",
        f"SELECT from_xml({quoted(DOCUMENTS['flat'])}, 'A INT, B DOUBLE')",
        "SELECT from_xml('<p><t>26/08/2015</t></p>', 't TIMESTAMP', map('timestampFormat', 'dd/MM/yyyy'))",
        "SELECT from_xml('<p><d>26/08/2015</d></p>', 'd DATE', map('dateFormat', 'dd/MM/yyyy'))",
        "SELECT from_xml('<p><a>1</p>', 'a INT', map('mode', 'FAILFAST'))",
        "SELECT from_xml('<p><a>x</a></p>', 'a INT', map('mode', 'FAILFAST'))",
        "SELECT from_xml('<p><a>1</p>', 'a INT', map('mode', 'DROPMALFORMED'))",
        "SELECT from_xml('<p id=\"1\"><a>1</a></p>', '@id INT, a INT', map('attributePrefix', '@'))",
        "SELECT from_xml('<p id=\"1\">v</p>', '_id INT, val STRING', map('valueTag', 'val'))",
        "SELECT from_xml('<p id=\"1\"><a>1</a></p>', '_id INT, a INT', map('excludeAttribute', 'true'))",
        "SELECT from_xml('<p><a>N</a></p>', 'a STRING', map('nullValue', 'N'))",
        "SELECT from_xml('<p><a> x </a></p>', 'a STRING', map('ignoreSurroundingSpaces', 'false'))",
        "SELECT from_xml('<n:p xmlns:n=\"u\"><n:a>1</n:a></n:p>', 'a INT', map('ignoreNamespace', 'true'))",
        "SELECT from_xml(NULL, 'a INT')",
        "SELECT from_xml('<p/>', NULL)",
        "SELECT from_xml('<p/>', 'x')",
        "SELECT from_xml('<p/>', 'INT')",
        "SELECT from_xml('<p/>', 'a INT', map('x', 1))",
        "SELECT from_xml('<p/>', 'a INT', array('x'))",
        "SELECT from_xml(1, 'a INT')",
        "SELECT from_xml('<p/>')",
        "SELECT from_xml('<p><a>1</a></p>', schema_of_xml('<p><a>1</a></p>'))",
        "SELECT from_xml(x, 'a INT') FROM VALUES ('<p><a>1</a></p>'), (NULL), ('<p><a>2</a></p>'), ('bad') AS t(x)",
        "SELECT from_xml('<p><a>1</a></p>', 'variant')",
    ]
    yield "xml/from_xml", blocks
    yield (
        "xml/schema_of_xml",
        [f"SELECT schema_of_xml({quoted(document)})" for document in DOCUMENTS.values()]
        + [
            "SELECT schema_of_xml('<p><a attr=\"2\">1</a><a>3</a></p>', map('excludeAttribute', 'true'))",
            "SELECT schema_of_xml('<p id=\"1\">x</p>', map('valueTag', 'v', 'attributePrefix', '@'))",
            "SELECT schema_of_xml(NULL)",
            "SELECT schema_of_xml(1)",
            "SELECT schema_of_xml(x) FROM VALUES ('<p/>') AS t(x)",
            "SELECT schema_of_xml()",
            "SELECT schema_of_xml('<p><a>1</a><a>x</a></p>')",
            "SELECT schema_of_xml('<p><a>1</a><a>2.5</a></p>')",
            "SELECT schema_of_xml('<p><a>1</a><b><a>true</a></b></p>', map('inferSchema', 'false'))",
            "SELECT schema_of_xml('<p><a>1</a></p>', map('x', 1))",
        ],
    )
    yield (
        "xml/to_xml",
        [f"SELECT to_xml({struct})" for struct in STRUCTS]
        + [
            "SELECT to_xml(named_struct('a', 1), map('rowTag', 'row'))",
            "SELECT to_xml(named_struct('_a', 1, 'b', 2), map('attributePrefix', '@'))",
            "SELECT to_xml(named_struct('@a', 1, 'b', 2), map('attributePrefix', '@'))",
            "SELECT to_xml(named_struct('a', NULL), map('nullValue', 'none'))",
            "SELECT to_xml(named_struct('a', array(1, 2)), map('arrayElementName', 'e'))",
            "SELECT to_xml(named_struct('a', array(array(1, 2))), map('arrayElementName', 'e'))",
            "SELECT to_xml(named_struct('d', DATE '2015-08-26'), map('dateFormat', 'dd/MM/yyyy'))",
            "SELECT to_xml(named_struct('t', TIMESTAMP '2015-08-26 01:02:03'), map('timestampFormat', 'dd/MM/yyyy'))",
            "SELECT to_xml(named_struct('a', 1), map('indent', ''))",
            "SELECT to_xml(NULL)",
            "SELECT to_xml(1)",
            "SELECT to_xml(map('a', 1))",
            "SELECT to_xml(array(named_struct('a', 1)))",
            "SELECT to_xml(named_struct('a', 1), map('x', 1))",
            "SELECT to_xml()",
            "SELECT to_xml(s) FROM VALUES (named_struct('a', 1)), (NULL) AS t(s)",
            "SELECT to_xml(parse_json('{\"a\":1}'))",
        ],
    )


def files():
    for source in (xml, xpath):
        for path, blocks in source():
            yield f"functions/{path}", list(dict.fromkeys(blocks))
