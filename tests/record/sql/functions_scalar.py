"""Scalar functions: strings, numbers, conditions, hashes, URLs and JSON, over their types and edge values.

A row is a function's name and its argument lists, one a line; `UNARY` rows get the edge values of their kind.
"""

STRINGS = [
    "'Spark SQL'",
    "''",
    "NULL",
    "'  x '",
    "'éß日本😀'",
    "'aAbB'",
    "'a\\nb'",
    "123",
    "1.50",
    "true",
    "DATE '2020-01-31'",
    "X'4142'",
    "array('a')",
]
NUMBERS = [
    "0",
    "1",
    "-1",
    "2.5",
    "-2.5",
    "2.5D",
    "-0.0D",
    "1e300D",
    "double('NaN')",
    "double('Infinity')",
    "double('-Infinity')",
    "CAST(7 AS TINYINT)",
    "CAST(-7 AS BIGINT)",
    "CAST(1.5 AS FLOAT)",
    "CAST(-12.345 AS DECIMAL(10,3))",
    "2147483647",
    "NULL",
    "'3.7'",
    "'x'",
    "true",
]
STRING_UNARY = """upper lower ucase lcase initcap length char_length character_length len octet_length bit_length trim ltrim rtrim btrim
reverse ascii base64 hex md5 sha sha1 crc32 soundex quote space chr char unbase64 unhex is_valid_utf8 luhn_check""".split()
NUMBER_UNARY = """abs ceil ceiling floor round bround sqrt cbrt exp expm1 ln log log2 log10 log1p sin cos tan asin acos atan
sinh cosh tanh asinh acosh atanh sec csc cot degrees radians rint sign signum negative positive factorial isnan hex bin bit_count hash xxhash64 typeof
isnull isnotnull nullifzero zeroifnull""".split()

STRING = {
    "concat": "'a', 'b', 'c' | 'a', NULL |  | 1, 'a', 2.5, true | array(1), array(2, NULL) | X'41', X'42' | X'41', 'b' | array(1), 'a' | DATE '2020-01-01', 'x' | NULL",
    "concat_ws": "',', 'a', 'b' | ',', 'a', NULL, 'b' | NULL, 'a' | ',' | ',', array('a', 'b'), 'c' | ',', array('a', NULL) | '', 'a', 'b' | ',', 1, 2.5",
    "substring": "'Spark SQL', 5 | 'Spark SQL', -3 | 'Spark SQL', 5, 1 | 'Spark', 0 | 'Spark', 0, 3 | 'Spark', -10, 7 | 'Spark', 2, -1 | 'Spark', 10 | NULL, 1 | 'a', NULL | '日本語', 2, 1 | X'010203', 2 | 12345, 2, 2 | 'Spark', 2147483647, 5 | 'Spark', '2', 1",
    "substr": "'Spark SQL', 5 | 'Spark SQL', -3, 2",
    "left": "'Spark', 3 | 'Spark', 0 | 'Spark', -1 | 'Spark', 10 | NULL, 1 | X'0102', 1",
    "right": "'Spark', 3 | 'Spark', 0 | 'Spark', -1 | 'Spark', 10 | NULL, 1",
    "substring_index": "'www.apache.org', '.', 2 | 'www.apache.org', '.', -2 | 'www.apache.org', '.', 0 | 'a', '', 1 | 'aXbXc', 'x', 1 | NULL, '.', 1 | 'www.apache.org', '.', 10",
    "trim": "'  a  ' | 'x', 'xax' | 'SL', 'SSparkSQLS' | BOTH FROM ' a ' | LEADING 'x' FROM 'xxaxx' | TRAILING 'x' FROM 'xxaxx' | NULL | '\\t a\\n' | '', 'a'",
    "ltrim": "'  a  ' | 'x', 'xxaxx' | 'xy', 'yxaxy'",
    "rtrim": "'  a  ' | 'x', 'xxaxx'",
    "btrim": "'  a  ' | 'xxaxx', 'x' | X'2041', X'20'",
    "lpad": "'hi', 5, '??' | 'hi', 1, '??' | 'hi', 5 | 'hi', 5, '' | NULL, 5, 'x' | 'hi', -1, 'x' | 'hi', NULL, 'x' | X'41', 3, X'00' | X'41', 3 | '日本', 4, '語x' | 12, 5, '0'",
    "rpad": "'hi', 5, '??' | 'hi', 1, '??' | 'hi', 5 | 'hi', 5, '' | NULL, 5, 'x' | X'41', 3, X'FF' | 12, 5, '0'",
    "split": "'a,b,c', ',' | 'a,b,c', ',', 2 | 'a,b,c,,', ',' | 'a,b,c,,', ',', 0 | 'a,b,c,,', ',', -1 | 'a1b2c', '[0-9]' | 'abc', '' | '', ',' | NULL, ',' | 'a.b', '.' | 'a.b', '\\\\.' | 'aBc', '(?i)b' | 'oneAtwoBthreeC', '[ABC]', 2 | 'a|b', '|' | 'ab', '(a)'",
    "split_part": "'11.12.13', '.', 3 | '11.12.13', '.', -1 | '11.12.13', '.', 5 | '11.12.13', '.', 0 | 'a', '', 1 | NULL, '.', 1",
    "regexp_replace": "'100-200', '(\\\\d+)', 'num' | '100-200', '(\\\\d+)-(\\\\d+)', '$2-$1' | 'abc', 'b', '' | 'abc', '', 'x' | 'aaa', 'a', 'b', 2 | NULL, 'a', 'b' | 'abc', NULL, 'x' | 'a.b', '.', 'x' | 'ABC', '(?i)b', 'x' | 'abc', '(', 'x' | 'abc', 'b', '$1' | 'abc', '(?<n>b)', '[${n}]' | 'aXbX', '[[:upper:]]', '_' | 'a\\nb', '.', 'x' | 'x1', '\\\\p{L}', 'y' | 'abab', 'a(?=b)', 'x' | 'aab', '(a)\\\\1', 'x'",
    "regexp_extract": "'100-200', '(\\\\d+)-(\\\\d+)', 1 | '100-200', '(\\\\d+)-(\\\\d+)', 2 | '100-200', '(\\\\d+)-(\\\\d+)' | '100-200', '(\\\\d+)-(\\\\d+)', 0 | 'abc', '(\\\\d+)', 1 | '100-200', '(\\\\d+)', 2 | NULL, 'a', 0 | 'aaac', '(a+)(b)?(c)', 2 | 'abc', 'b', 0 | 'abc', '(b)', -1",
    "regexp_extract_all": "'100-200, 300-400', '(\\\\d+)-(\\\\d+)', 1 | '100-200, 300-400', '(\\\\d+)-(\\\\d+)' | '100-200', '(\\\\d+)', 0 | 'abc', '(\\\\d+)', 1 | NULL, 'a'",
    "regexp_count": "'Steven Jones and Stephen Smith', 'Ste(v|ph)en' | 'abc', 'x' | NULL, 'a' | 'aaa', 'a' | 'aaa', 'aa'",
    "regexp_substr": "'Steven Jones', 'Ste(v|ph)en' | 'abc', 'x' | NULL, 'a'",
    "regexp_instr": "'user@spark.apache.org', '@[^.]*' | 'abc', 'x' | NULL, 'a' | 'abc', 'c', 0",
    "regexp_like": "'abc', 'b' | 'abc', '^b' | NULL, 'a' | 'ABC', 'b'",
    "rlike": "'abc', 'b' | 'a\\\\b', '\\\\\\\\'",
    "like": "'Spark', '_park' | 'Spark', 'S%' | '%SystemDrive%', '\\\\%SystemDrive%', '/' | NULL, 'a'",
    "ilike": "'Spark', '_PARK'",
    "instr": "'SparkSQL', 'SQL' | 'SparkSQL', 'x' | 'SparkSQL', '' | NULL, 'a' | 'a', NULL | '日本語', '語' | 'aa', 'a'",
    "locate": "'bar', 'foobarbar' | 'bar', 'foobarbar', 5 | 'x', 'abc' | '', 'abc' | 'a', 'abc', 0 | 'a', 'abc', -1 | NULL, 'abc' | 'a', 'abc', NULL | 'A', 'abc'",
    "position": "'bar', 'foobarbar' | 'bar', 'foobarbar', 5",
    "charindex": "'bar', 'foobarbar'",
    "replace": "'ABCabc', 'abc', 'DEF' | 'ABCabc', 'abc' | 'abc', '', 'x' | NULL, 'a', 'b' | 'aaa', 'aa', 'b' | 'abc', NULL, 'x'",
    "translate": "'AaBbCc', 'abc', '123' | 'abc', 'abc', '1' | 'abc', '', 'x' | NULL, 'a', 'b' | 'aab', 'aa', 'xy' | '日本', '日', 'x'",
    "repeat": "'ab', 3 | 'ab', 0 | 'ab', -1 | NULL, 2 | 'ab', NULL | 12, 2",
    "reverse": "'Spark SQL' | array(2, 1, 4, 3) | NULL | '日本😀' | 123 | array()",
    "overlay": "'Spark SQL', '_', 6 | 'Spark SQL', 'CORE', 7 | 'Spark SQL', 'ANSI ', 7, 0 | 'Spark SQL', 'tructured', 2, 4 | NULL, 'a', 1 | X'010203', X'FF', 2",
    "format_string": "'Hello %d %s', 100, 'days' | '%5.2f|%-5s|%05d', 3.14159D, 'a', 42 | '%s', NULL | '%x %X %o', 255, 255, 8 | '%e', 12345.678D | '%,d', 1234567 | '%%' | '%c', 65 | '%b', true | '%d', 1.5D | '%s %s', 1 | '%1$s %1$s', 'a' | '%s', array(1) | '%s', DATE '2020-01-01' | '%.3f', 1.0BD | '%10s|', 'é'",
    "printf": "'%d', 1",
    "format_number": "12332.123456, 4 | 12332.123456D, 0 | 12332, 2 | 12332.123456D, '##################.###' | -1234.5D, 1 | NULL, 2 | 0.5D, 0 | 1.5D, 0 | 2.5D, 0 | 1e20D, 2 | 12332.6, -1 | double('NaN'), 2 | 1234567L, 0",
    "levenshtein": "'kitten', 'sitting' | '', 'abc' | NULL, 'a' | 'kitten', 'sitting', 2 | 'a', 'a' | '日本', '日'",
    "soundex": "'Miller' | '' | '123' | NULL | 'Ashcraft'",
    "ascii": "'222' | 'a' | '' | NULL | 'é' | '😀' | 2",
    "chr": "65 | 0 | -1 | 256 | 321 | 233 | NULL | 65L",
    "base64": "'Spark SQL' | '' | X'00FF' | NULL | repeat('a', 60)",
    "unbase64": "'U3BhcmsgU1FM' | '' | NULL | 'x' | '####' | 'U3Bhcms'",
    "hex": "17 | 'Spark SQL' | X'1F' | -1 | 255L | NULL | '' | 1.5",
    "unhex": "'537061726B2053514C' | '1' | 'zz' | '' | NULL | 'abc'",
    "encode": "'abc', 'utf-8' | 'é', 'UTF-16BE' | 'é', 'ISO-8859-1' | 'é', 'US-ASCII' | 'abc', 'x' | NULL, 'utf-8' | 'a', 'UTF-16' | 'a', 'UTF-32'",
    "decode": "X'616263', 'utf-8' | X'C3A9', 'UTF-8' | X'E9', 'ISO-8859-1' | X'FF', 'UTF-8' | 2, 1, 'a', 2, 'b', 'z' | 6, 1, 'a', 2, 'b', 'z' | 6, 1, 'a' | NULL, 6, 'a', NULL, 'n'",
    "md5": "'Spark' | '' | NULL | X'00' | 12",
    "sha1": "'Spark' | '' | NULL | X'00'",
    "sha2": "'Spark', 256 | 'Spark', 0 | 'Spark', 224 | 'Spark', 384 | 'Spark', 512 | 'Spark', 1 | NULL, 256 | 'Spark', NULL | '', 256",
    "crc32": "'Spark' | '' | NULL | X'00'",
    "hash": "'Spark', array(123), 2 | 1 | 1L | 1.0D | -0.0D, 0.0D | true | NULL | NULL, 1 | 'a' | '' | X'0102' | DATE '2020-01-01' | TIMESTAMP '2020-01-01 00:00:00' | 1.5 | CAST(1.5 AS DECIMAL(38,18)) | array(1, NULL, 2) | named_struct('a', 1, 'b', 'x') | CAST(1 AS TINYINT) | CAST(1.5 AS FLOAT) | '日本語😀' | 'abcdefghijklmnopqrstuvwxyz' | map('a', 1) | double('NaN') | INTERVAL '1' DAY | INTERVAL '1' MONTH | TIMESTAMP_NTZ '2020-01-01 00:00:00'",
    "xxhash64": "'Spark', array(123), 2 | 1 | 1L | 1.0D | -0.0D, 0.0D | true | NULL | NULL, 1 | 'a' | '' | X'0102' | DATE '2020-01-01' | TIMESTAMP '2020-01-01 00:00:00' | 1.5 | CAST(1.5 AS DECIMAL(38,18)) | array(1, NULL, 2) | named_struct('a', 1, 'b', 'x') | CAST(1 AS TINYINT) | CAST(1.5 AS FLOAT) | '日本語😀' | 'abcdefghijklmnopqrstuvwxyz0123456789' | double('NaN')",
    "startswith": "'Spark', 'Spa' | 'Spark', '' | NULL, 'a' | X'0102', X'01' | 'Spark', 's'",
    "endswith": "'Spark', 'ark' | 'Spark', '' | NULL, 'a' | X'0102', X'02'",
    "contains": "'Spark SQL', 'Spark' | 'Spark', '' | NULL, 'a' | X'0102', X'02' | 123, 2",
    "find_in_set": "'ab', 'abc,b,ab,c,def' | 'x', 'a,b' | '', ',a' | 'a,b', 'a,b' | NULL, 'a'",
    "elt": "1, 'scala', 'java' | 2, 'a', 1 | 3, 'a', 'b' | 0, 'a' | NULL, 'a'",
    "field": "'b', 'a', 'b'",
    "initcap": "'sPark sql' | 'hello-world foo_bar' | '' | NULL | 'éa öb' | 'a\\tb'",
    "sentences": "'Hi there! Good morning.' | NULL | '' | 'Hi there! Good morning.', 'en' | 'a b', 'en', 'US'",
    "mask": "'abcd-EFGH-8765-4321' | 'abcd-EFGH-8765-4321', 'Q' | 'AbCD123-@$#', 'Q', 'q', 'd', 'o' | NULL | 'AbC1', NULL, 'q'",
    "to_number": "'454', '999' | '454.00', '000.00' | '12,454', '99,999' | '$78.12', '$99.99' | '12,454.8-', '99,999.9S' | 'x', '999' | NULL, '999' | '1234', '999'",
    "try_to_number": "'454', '999' | 'x', '999'",
    "to_char": "454, '999' | 454.00, '000D00' | 12454, '99G999' | 78.12, '$99.99' | -12454.8, '99G999D9S' | 1234, '999' | DATE '2020-01-31', 'yyyy-MM' | X'0102', 'hex' | X'61', 'utf-8' | X'61', 'base64'",
    "to_varchar": "454, '999'",
    "to_binary": "'abc', 'utf-8' | '6162', 'hex' | 'YWI=', 'base64' | 'zz', 'hex' | '61' | NULL",
    "try_to_binary": "'abc', 'utf-8' | 'zz', 'hex'",
    "validate_utf8": "'abc'",
    "make_valid_utf8": "'abc'",
    "try_validate_utf8": "'abc'",
    "randstr": "0, 1",
    "uniform": "1, 1, 0",
    "collation": "'a' | 'a' COLLATE UNICODE_CI",
    "collate": "'a', 'UTF8_LCASE'",
    "equal_null": "1, 1 | NULL, NULL | 1, NULL | 'a', 'b'",
    "url_encode": "'https://spark.apache.org/a b?x=é' | NULL | ''",
    "url_decode": "'https%3A%2F%2Fspark.apache.org' | 'a+b%20c' | '%zz' | NULL",
    "try_url_decode": "'%zz' | 'a%20b'",
    "parse_url": "'http://user:pw@spark.apache.org:80/path?query=1&b=2#ref', 'HOST' | 'http://spark.apache.org/path?query=1', 'QUERY' | 'http://spark.apache.org/path?query=1', 'QUERY', 'query' | 'http://a/p?x=1#r', 'REF' | 'http://a/p?x=1', 'PATH' | 'http://a/p?x=1', 'PROTOCOL' | 'http://a/p?x=1', 'FILE' | 'http://u:p@a:1/p', 'AUTHORITY' | 'http://u:p@a:1/p', 'USERINFO' | 'a b', 'HOST' | NULL, 'HOST' | 'http://a', 'X'",
    "try_parse_url": "'a b', 'HOST'",
    "assert_true": "0 < 1 | 0 > 1 | 0 > 1, 'oops' | NULL",
    "raise_error": "'custom' | NULL",
    "typeof": "1 | 1L | 1.5 | 'a' | NULL | array(1) | map('a', 1.5D) | named_struct('a', 1, 'b', array('x')) | DATE '2020-01-01' | TIMESTAMP '2020-01-01 00:00:00' | INTERVAL '1' DAY | INTERVAL '1' YEAR | X'' | true | TIMESTAMP_NTZ '2020-01-01 00:00:00' | CAST(1 AS DECIMAL(5,2)) | INTERVAL '1' HOUR | CAST(1.5 AS FLOAT) | array() | make_interval(1)",
    "aes_encrypt": "'Spark', '0000111122223333', 'ECB'",
    "aes_decrypt": "unhex('83F16B2AA704794132802D248E6BFD4E380078182D1544813898AC97E709B28A94'), '0000111122223333' | unhex('6E7CA17BBB468D3084B5744BCA729FB7B2B7BCB8E4472847D02670489D95FA97DBBA7D3210'), '0000111122223333', 'GCM', 'DEFAULT'",
}
NUMBER = {
    "round": "2.5 | -2.5 | 2.5D | 2.345, 2 | 2.345D, 2 | 25, -1 | 24, -1 | -25, -1 | 125L, -1 | 1.005D, 2 | 0.5D | 1.5D | -0.5D | NULL, 1 | 2.5, NULL | 12345.6789, -2 | 12345.6789D, -2 | CAST(127 AS TINYINT), -1 | 2147483647, -1 | 1e300D, 2 | double('NaN'), 1 | '2.5' | '2.345', 1 | CAST(2.5 AS FLOAT) | 2.5, 1 | 99.99, 1 | 9.995, 2 | 5, 2",
    "bround": "2.5 | 3.5 | -2.5 | 2.5D | 25, -1 | 35, -1 | 2.345, 2 | 2.345D, 2 | NULL | 1.5D | 0.5D",
    "floor": "2.7 | -2.7 | 2.7D | 5 | 5L | 2.756, 2 | -2.756, 1 | 25.3, -1 | NULL | 1e20D | double('NaN') | '2.7' | 12345678901234567890.5 | CAST(2.7 AS DECIMAL(38,18)) | 5, -1",
    "ceil": "2.1 | -2.1 | 2.1D | 5 | 2.751, 2 | 25.3, -1 | NULL | -0.1D | 1e20D | '2.1' | CAST(2.7 AS DECIMAL(38,18))",
    "ceiling": "2.1",
    "pow": "2, 3 | 2, -1 | 0, 0 | -8, 1/3D | 2.5, 2 | NULL, 2 | 10, 400 | '2', '3' | double('NaN'), 0",
    "power": "2, 3",
    "sqrt": "4 | 2 | -1 | 0 | NULL | '9' | 2.25",
    "cbrt": "27 | -8 | 2",
    "exp": "0 | 1 | -1 | 710 | NULL",
    "log": "10 | 2, 8 | 0 | -1 | 1 | 10, 0 | 1, 5 | NULL, 2 | 2, NULL | 0, 2 | -2, 8 | 2.5, 6.25",
    "ln": "1 | 0 | -1 | 10",
    "log10": "100 | 0 | 2",
    "log2": "8 | 0 | 3",
    "log1p": "0 | -1 | 1 | -2",
    "expm1": "0 | 1 | 1e-10D",
    "hypot": "3, 4 | NULL, 1 | 1e200D, 1e200D",
    "atan2": "0, 0 | 1, 1 | -1, -1 | NULL, 1",
    "greatest": "10, 9, 2 | 1, NULL, 3 | NULL, NULL | 1, 2.5, 3L | 'a', 'b' | 1, '2' | double('NaN'), 1D | DATE '2020-01-01', DATE '2021-01-01' | 1 | array(1), array(2) | true, false | -0.0D, 0.0D",
    "least": "10, 9, 2 | 1, NULL, 3 | NULL, NULL | 1, 2.5, 3L | 'a', 'b' | double('NaN'), 1D | 1, 'a' | true, 1 | map(1, 2), map(1, 2)",
    "pmod": "10, 3 | -10, 3 | 10, -3 | -10, -3 | 10, 0 | -10.5, 3 | -10.5D, 3 | NULL, 1",
    "mod": "10, 3 | -10, 3 | 10, 0 | 10.5, 3",
    "div": "7, 2 | 7, 0",
    "factorial": "5 | 0 | 20 | 21 | -1 | NULL",
    "conv": "'100', 2, 10 | '-10', 16, -10 | 'ff', 16, 10 | 'FF', 16, 2 | '9223372036854775808', 10, 16 | 'zz', 36, 10 | 'x', 10, 2 | NULL, 10, 2 | '10', 1, 10 | '', 10, 2 | 100, 2, 10 | '-15', 10, 16 | '12xyz', 10, 10 | '99999999999999999999', 10, 16",
    "bin": "13 | -13 | 13.3 | NULL | 0",
    "hex": "13 | -13",
    "bit_get": "11, 0 | 11, 2 | 11, 100",
    "getbit": "11, 0 | 11L, 63 | 11, -1",
    "bit_count": "0 | 7 | -1 | true | 255L | NULL",
    "shiftleft": "2, 1 | 2L, 40 | 1, 32 | NULL, 1 | 1, -1",
    "shiftright": "4, 1 | -4, 1 | 4L, 1",
    "shiftrightunsigned": "4, 1 | -4, 28 | -4L, 60",
    "width_bucket": "5.3, 0.2, 10.6, 5 | -2.1, 1.3, 3.4, 3 | 8.1, 0.0, 5.7, 4 | -0.9, 5.2, 0.5, 2 | NULL, 1, 2, 3 | 1, 1, 1, 3 | 1, 0, 2, 0",
    "sign": "40 | -1.5 | 0 | NULL | INTERVAL '-100' YEAR",
    "signum": "40 | -1.5D",
    "abs": "-1 | -1.5 | -1.5D | NULL | '-2' | INTERVAL -1 DAY | INTERVAL '-1' MONTH | -0.0D | CAST(-128 AS TINYINT)",
    "rint": "12.3456 | 2.5 | 3.5 | -0.5",
    "e": "",
    "pi": "",
    "degrees": "3.141592653589793 | NULL",
    "radians": "180",
    "isnan": "double('NaN') | 1 | NULL | 'NaN' | CAST('NaN' AS FLOAT)",
    "nanvl": "double('NaN'), 123 | 1.5D, 2 | NULL, 1 | double('NaN'), NULL",
    "try_add": "1, 2 | 2147483647, 1 | DATE '2020-01-01', 1 | DATE '2020-01-01', INTERVAL 1 YEAR | INTERVAL '1' DAY, INTERVAL '1' DAY | 1.5, 2 | NULL, 1 | '1', 2",
    "try_subtract": "2, 1 | CAST('-2147483648' AS INT), 1 | DATE '2020-01-01', 1",
    "try_multiply": "2, 3 | 2147483647, 2 | INTERVAL 1 DAY, 2 | 1.5D, 2",
    "try_divide": "3, 2 | 1, 0 | 1.5, 0 | INTERVAL 2 MONTH, 2 | INTERVAL 2 MONTH, 0",
    "try_mod": "3, 2 | 1, 0",
    "uuid": None,
}
NUMBER.pop("uuid")
CONDITION = {
    "coalesce": "NULL, 1, NULL | NULL, NULL | 1 | 1, 'a' | NULL, 1.5, 2 | 1, 2L | NULL, DATE '2020-01-01', '2020-01-02' |  | array(1), NULL | NULL, double('NaN')",
    "nvl": "NULL, 2 | 1, 2 | 'a', 1 | NULL, NULL | 1, 'x'",
    "ifnull": "NULL, 2 | NULL, array('2')",
    "nvl2": "NULL, 2, 1 | 1, 2, 3 | 1, 'a', 2",
    "nullif": "2, 2 | 1, 2 | 1, '1' | NULL, 1 | 1, NULL | 'a', 'A'",
    "if": "1 < 2, 'a', 'b' | NULL, 1, 2 | true, 1, 'a' | true, 1, 2.5 | 1, 2, 3 | true, NULL, 1",
    "iff": "true, 1, 2",
    "isnull": "1 | NULL | double('NaN')",
    "isnotnull": "1 | NULL",
    "nullifzero": "0 | 1 | 0.0D | NULL",
    "zeroifnull": "NULL | 1 | 1.5",
    "not": "true | NULL",
    "bool": "'true' | 1",
    "int": "'7' | 7.9 | true",
    "string": "1 | 1.5D | true | NULL",
    "date": "'2020-01-01'",
    "timestamp": "'2020-01-01'",
    "decimal": "1.5",
    "double": "'1.5'",
    "binary": "'a'",
    "tinyint": "1",
}
CASES = [
    "CASE WHEN true THEN 1 END",
    "CASE WHEN false THEN 1 END",
    "CASE WHEN NULL THEN 1 ELSE 2 END",
    "CASE 1 WHEN 1 THEN 'a' WHEN 1 THEN 'b' END",
    "CASE NULL WHEN NULL THEN 'a' ELSE 'b' END",
    "CASE WHEN true THEN 1 ELSE 'a' END",
    "CASE WHEN false THEN 1 ELSE 2.5 END",
    "CASE WHEN true THEN NULL ELSE 1 END",
    "CASE WHEN 1 THEN 2 END",
    "CASE WHEN true THEN 1 WHEN 1/0 = 1 THEN 2 END",
    "CASE 'a' WHEN 'A' THEN 1 ELSE 0 END",
    "CASE WHEN true THEN DATE '2020-01-01' ELSE TIMESTAMP '2020-01-01 00:00:00' END",
    "CASE WHEN true THEN array(1) ELSE array('a') END",
    "CASE 1 WHEN '1' THEN 'x' END",
    "CASE WHEN true THEN 1L ELSE 1 END",
    "CASE WHEN true THEN CAST(1 AS DECIMAL(5,2)) ELSE CAST(1 AS DECIMAL(10,1)) END",
    "if(true, 1, 1/0)",
    "coalesce(1, 1/0)",
    "nullif(1/0, 1)",
    "true OR 1/0 = 1",
    "false AND 1/0 = 1",
]
JSON = {
    "get_json_object": "'{\"a\":\"b\"}', '$.a' | '{\"a\":{\"b\":1}}', '$.a.b' | '{\"a\":{\"b\":1}}', '$.a' | '{\"a\":[1,2,3]}', '$.a[1]' | '{\"a\":[1,2,3]}', '$.a[*]' | '{\"a\":[{\"b\":1},{\"b\":2}]}', '$.a[*].b' | '{\"a\":1}', '$.x' | '{\"a\":1}', '$' | 'x', '$.a' | NULL, '$.a' | '{\"a\":null}', '$.a' | '{\"a\":true}', '$.a' | '{\"a\":1.50}', '$.a' | '{\"a b\":1}', '$[\\'a b\\']' | '[1,2]', '$[0]' | '{\"a\":1}', 'a' | '{\"a\":\"x\\\\ny\"}', '$.a' | '{\"a\":[1,\"x\",null]}', '$.a' | '{\"a\":1,\"a\":2}', '$.a' | '{\"a\":{\"b\":1,\"c\":2}}', '$.*' | '{\"a\":1e3}', '$.a'",
    "json_tuple": "'{\"a\":1, \"b\":2}', 'a', 'b' | '{\"a\":{\"x\":1}}', 'a', 'z' | NULL, 'a' | 'x', 'a'",
    "from_json": "'{\"a\":1, \"b\":0.8}', 'a INT, b DOUBLE' | '{\"time\":\"26/08/2015\"}', 'time Timestamp', map('timestampFormat', 'dd/MM/yyyy') | 'x', 'a INT' | '{\"a\":\"x\"}', 'a INT' | NULL, 'a INT' | '[1,2]', 'ARRAY<INT>' | '{\"a\":1}', 'MAP<STRING,INT>' | '{\"a\":{\"b\":[1,2]}}', 'a STRUCT<b: ARRAY<INT>>' | '', 'a INT' | '{}', 'a INT' | '{\"A\":1}', 'a INT' | '{\"a\":1}', 'a STRING' | '{\"a\":\"1\"}', 'a INT' | '{\"a\":1.5}', 'a INT' | '{\"a\":\"2020-01-01\"}', 'a DATE' | '{\"a\":\"2020-01-01T10:00:00Z\"}', 'a TIMESTAMP' | '[{\"a\":1},{\"a\":2}]', 'ARRAY<STRUCT<a: INT>>' | '{\"a\":null}', 'a INT' | '{\"a\":12345678901}', 'a INT' | '{\"a\":\"YWI=\"}', 'a BINARY' | '{\"a\":1.23}', 'a DECIMAL(5,1)' | '{\"a\":1', 'a INT', map('mode', 'FAILFAST') | '{\"a\":1, \"b\":', 'a INT, b INT' | '{\"a\":1}', 'a INT, _corrupt_record STRING' | '{a:1}', 'a INT', map('allowUnquotedFieldNames', 'true') | '{\"a\":{\"x\":1}}', 'a STRING' | '1', 'INT' | '{\"a\":true}', 'a BOOLEAN'",
    "to_json": "named_struct('a', 1, 'b', 2) | named_struct('time', to_timestamp('2015-08-26', 'yyyy-MM-dd')), map('timestampFormat', 'dd/MM/yyyy') | array(named_struct('a', 1, 'b', 2)) | map('a', named_struct('b', 1)) | map(named_struct('a', 1), 2) | array(1, NULL, 3) | named_struct('a', NULL, 'b', 1) | named_struct('a', NULL), map('ignoreNullFields', 'false') | NULL | named_struct('a', 1.5, 'b', 1e20D, 'c', 'x\"y', 'd', DATE '2020-01-01', 'e', TIMESTAMP '2020-01-01 10:00:00', 'f', true, 'g', X'01') | named_struct('t', TIMESTAMP_NTZ '2020-01-01 10:00:00.5') | map(1, 'a') | named_struct('n', double('NaN')) | named_struct('i', INTERVAL '1' DAY) | 1 | named_struct('u', 'é😀\\n')",
    "schema_of_json": '\'[{"col":0}]\' | \'{"a":1, "b":"x", "c":1.5, "d":true, "e":null, "f":[1,"x"], "g":{"h":1}}\' | \'1\' | \'x\' | \'[]\' | \'{"a":12345678901234567890}\' | \'{"a":"2020-01-01"}\' | \'[{"a":1},{"b":2}]\'',
    "json_array_length": "'[1,2,3,4]' | '[]' | '{\"a\":1}' | NULL | 'x' | '[1,'",
    "json_object_keys": "'{}' | '{\"a\":1,\"b\":{\"c\":2}}' | '[1]' | NULL | 'x'",
    "from_csv": "'1, 0.8', 'a INT, b DOUBLE' | '26/08/2015', 'time Timestamp', map('timestampFormat', 'dd/MM/yyyy') | NULL, 'a INT' | 'x', 'a INT' | '1', 'a INT, b INT' | '1;2', 'a INT, b INT', map('sep', ';') | '\"a,b\",c', 'x STRING, y STRING' | '', 'a INT'",
    "to_csv": "named_struct('a', 1, 'b', 2) | named_struct('a', 'x,y', 'b', NULL, 'c', 1.5) | named_struct('time', DATE '2015-08-26'), map('dateFormat', 'dd/MM/yyyy') | NULL | named_struct('a', 'q\"r', 'b', '')",
    "schema_of_csv": "'1,abc' | '1.5,2020-01-01,true'",
    "xpath_string": "'<a><b>b</b><c>cc</c></a>', 'a/c'",
    "xpath": "'<a><b>b1</b><b>b2</b></a>', 'a/b/text()'",
    "from_xml": "'<p><a>1</a><b>0.8</b></p>', 'a INT, b DOUBLE'",
    "to_xml": "named_struct('a', 1, 'b', 2)",
    "parse_json": "'{\"a\":1}'",
    "to_variant_object": "named_struct('a', 1)",
    "variant_get": "parse_json('{\"a\":1}'), '$.a', 'int'",
}


def calls(table, name):
    for arguments in table[name].split(" | "):
        yield f"SELECT {name}({arguments.strip()})"


def _columns():
    """Unary functions over a column with a null, so that the function runs on rows."""
    yield from (
        f"SELECT a, {name}(a) AS r FROM VALUES ('Spark'), (''), (NULL), ('éß日本😀') AS t(a)"
        for name in STRING_UNARY
        if name not in ("space", "chr", "char", "unbase64", "unhex")
    )
    yield from (
        f"SELECT a, {name}(a) AS r FROM VALUES (0D), (1D), (-1D), (0.5D), (2.5D), (NULL), (double('NaN')), (double('Infinity')) AS t(a)"
        for name in NUMBER_UNARY
        if name not in ("bin", "bit_count", "factorial", "ceil", "ceiling", "floor", "hex")
    )
    yield from (
        f"SELECT a, {name}(a) AS r FROM VALUES (0), (1), (-1), (7), (20), (NULL) AS t(a)"
        for name in NUMBER_UNARY
    )
    yield from (
        f"SELECT a, {name}(a) AS r FROM VALUES (0.00), (1.25), (-1.25), (2.50), (NULL) AS t(a)"
        for name in (
            "abs",
            "ceil",
            "floor",
            "round",
            "bround",
            "sqrt",
            "sign",
            "negative",
            "positive",
            "hash",
            "xxhash64",
            "rint",
        )
    )


def files():
    for group, table in (
        ("string", STRING),
        ("math", NUMBER),
        ("conditional", CONDITION),
        ("json", JSON),
    ):
        for name in table:
            yield f"functions/{group}/{name}", list(calls(table, name))
    yield "functions/conditional/case", [f"SELECT {case}" for case in CASES]
    for name in STRING_UNARY:
        yield f"functions/string/unary/{name}", [f"SELECT {name}({value})" for value in STRINGS]
    for name in NUMBER_UNARY:
        yield f"functions/math/unary/{name}", [f"SELECT {name}({value})" for value in NUMBERS]
    yield "functions/columns", list(_columns())
    yield (
        "functions/arity",
        [
            f"SELECT {name}({arguments})"
            for name in (
                "upper",
                "substring",
                "concat_ws",
                "round",
                "pow",
                "coalesce",
                "date_add",
                "element_at",
                "count",
                "lag",
                "nvl",
                "split",
                "lpad",
                "log",
            )
            for arguments in ("", "1, 2, 3, 4, 5")
        ],
    )
