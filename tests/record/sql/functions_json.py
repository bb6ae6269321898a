"""Texts that are no record of the type that from_json is asked for, in both modes."""

CASES = """
'{"a":1,"a":2}', 'a int'
'{"a":"x","a":1}', 'a int'
'{"a":1}', 'a int', map('mode', 'DROPMALFORMED')
'{"a":"x"}', 'a int', map('mode', 'nope')
'{"a":"x"}', 'a int, c string', map('columnNameOfCorruptRecord', 'c')
'{"a":"x"}', 'a int, _corrupt_record int'
'{"a":"x"}', '_corrupt_record string'
'', 'a int, _corrupt_record string'
'  ', 'a int, _corrupt_record string'
'{', 'a int, _corrupt_record string'
'{', 'array<int>'
'{"a":1.5,"b":true,"d":"2020-01-01","t":"2020-01-01 00:00:00","x":2.50,"z":"q","g":1e300}', 'a float, b boolean, d date, t timestamp, x decimal(5,2), z int, g double', map('mode', 'FAILFAST')
'{"a":1', 'a int', map('mode', 'FAILFAST')
'{"a":1', 'array<int>', map('mode', 'FAILFAST')
'[1,"x"]', 'array<int>', map('mode', 'FAILFAST')
'[1,"x"]', 'array<int>'
'[1,[2]]', 'array<array<int>>'
'[[1,"x"],[2]]', 'array<array<int>>'
'[{"a":"x"},{"a":1}]', 'array<struct<a:int>>', map('mode', 'FAILFAST')
'[{"a":"x"},{"a":1}]', 'array<struct<a:int>>'
'{"a":"x"}', 'array<struct<a:int>>'
'{"a":1}', 'array<map<string,int>>'
'{"a":{"b":"x"}}', 'map<string,struct<b:int>>', map('mode', 'FAILFAST')
'{"a":{"b":"x"}}', 'map<string,struct<b:int>>'
'{"a":1,"b":"x"}', 'map<string,int>'
'5', 'map<string,int>'
'{"a":{}}', 'a struct<b:int>'
'{"a":[]}', 'a struct<b:int>'
'{"a":{"b":1}}', 'a void'
'null', 'a int'
'null', 'array<int>'
'null', 'a int', map('mode', 'FAILFAST')
'[{"a":1}]', 'a int', map('mode', 'FAILFAST')
'[{"a":1}]', 'a int, _corrupt_record string'
'{"v":{"z":1},"a":"x"}', 'v string, a int, _corrupt_record string'
'{"a":{"b":{"c":"x","d":1}},"e":2}', 'a struct<b:struct<c:int,d:int>>, e int, _corrupt_record string'
"""

OPTIONS = """
SELECT from_json('{"d":"01/02/2024"}', 'd date', map('mode', 'PERMISSIVE', 'dateFormat', 'dd/MM/yyyy'))
SELECT from_json('{"d":"01/02/2024"}', 'd date', map('dateFormat', 'dd/MM/yyyy', 'mode', 'FAILFAST', 'allowUnquotedFieldNames', 'true'))
SELECT from_json('{d:"01/02/2024"}', 'd date', map('dateFormat', 'dd/MM/yyyy', 'mode', 'FAILFAST', 'allowUnquotedFieldNames', 'true'))
SELECT to_json(named_struct('a', NULL, 't', TIMESTAMP '2020-01-02 00:00:00'), map('ignoreNullFields', 'false', 'timestampFormat', 'yyyy'))
SELECT to_json(named_struct('a', NULL, 'd', DATE '2020-01-02'), map('dateFormat', 'dd.MM.yy', 'ignoreNullFields', 'false'))
SELECT from_csv('1;x', 'a int, b string', map('sep', ';', 'mode', 'FAILFAST'))
SELECT from_csv('01.02.2024;x', 'a date, b string', map('sep', ';', 'dateFormat', 'dd.MM.yyyy', 'nullValue', 'x'))
SELECT to_csv(named_struct('a', NULL, 'b', DATE '2024-02-01'), map('sep', ';', 'dateFormat', 'dd.MM.yyyy', 'nullValue', '-'))
SELECT from_xml('<p><a>01.02.2024</a></p>', 'a date', map('dateFormat', 'dd.MM.yyyy', 'mode', 'PERMISSIVE'))
"""


def files():
    lines = CASES.strip().split("\n")
    yield "functions/json/options", OPTIONS.strip().split("\n")
    yield "functions/json/records", [f"SELECT from_json({line})" for line in lines]
