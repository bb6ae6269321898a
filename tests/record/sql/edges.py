"""Values at the edges of their types, under ANSI and without it, in several zones; aggregates with every modifier;
windows with every kind of frame; lambdas, generators and ordered-set aggregates over nulls and empty values."""

NUMBERS = {
    "tinyint": "CAST(-128 AS TINYINT) 127Y 0Y -1Y NULL",
    "int": "-2147483648 2147483647 0 -1 NULL",
    "bigint": "CAST('-9223372036854775808' AS BIGINT) 9223372036854775807L 0L -1L NULL",
    "double": "double('NaN') double('Infinity') double('-Infinity') -0D 0D 1.7976931348623157E308D 4.9E-324D 0.5D -2.5D NULL",
    "float": "float('NaN') float('Infinity') CAST(-0.0 AS FLOAT) CAST(3.4028235E38 AS FLOAT) CAST(1.4E-45 AS FLOAT) CAST(-2.5 AS FLOAT) NULL",
    "decimal": "99999999999999999999999999999999999999 -99999999999999999999999999999999999999 0 1 NULL",
    "fraction": "0.5 -0.5 1.5 2.5 -99.99 NULL",
}
MATH = """abs -{} +{} ceil floor rint sign sqrt cbrt exp expm1 ln log10 log2 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh
cot sec csc degrees radians round({},0) round({},-1) round({},1) bround({},0) hex bin factorial bit_count ~{} isnan nanvl({},1) zeroifnull nullifzero
{}=0 {}<=>0 {}<0 {}+1 {}-1 {}*2 {}/2 {}%3 pmod({},3) greatest({},0) least({},0) try_add({},1) try_subtract({},1) try_multiply({},2) try_divide({},0) try_mod({},0)
hash xxhash64 string({}) typeof shiftleft({},1) width_bucket({},0,10,5) conv({},10,16) to_json(named_struct('a',{})) format_number({},2) char({})""".split()
CASTS = "TINYINT SMALLINT INT BIGINT FLOAT DOUBLE DECIMAL(5,2) DECIMAL(38,0) BOOLEAN STRING TIMESTAMP".split()
TEXTS = r"'' ' ' 'a' 'Straße' 'ÉCOLE' '日本' '😀x' 'İi' 'ﬁ' 'e\u0301' 'a\u0000b' 'Ab-cD eF' 'tab\there' NULL".replace(
    " ' ' ", " ~ "
)
TEXT_CALLS = """upper lower initcap length char_length octet_length bit_length reverse ascii base64 hex trim ltrim rtrim soundex md5 sha1 sha2({},256) crc32
hash xxhash64 substring({},2) substring({},-1) substring({},0,1) left({},1) right({},1) lpad({},5,'é') rpad({},5,'日') repeat({},2) replace({},'a','é') translate({},'a日','xy')
instr({},'a') locate('a',{}) position('日',{}) split({},'') split({},'') split_part({},'a',1) substring_index({},'a',1) concat({},'x') concat_ws('-',{},'x') contains({},'a') startswith({},'')
endswith({},'é') levenshtein({},'ab') overlay({},'x',1) format_string('[%5s]',{}) url_encode url_decode quote mask elt(1,{}) find_in_set({},'a,b') encode({},'UTF-16') encode({},'US-ASCII')
decode(encode({},'UTF-8'),'UTF-8') unbase64 char_length to_binary({},'utf-8') luhn_check is_valid_utf8 make_valid_utf8 like({},'%a%') rlike({},'^.$') regexp_replace({},'.','x') regexp_extract({},'(.)',1)
regexp_count({},'.') regexp_extract_all({},'(.)',1) ilike({},'A%') {}<'b' greatest({},'m') nullif({},'') to_json(array({})) from_json({},'int') sentences get_json_object({},'$') parse_url({},'HOST')""".split()
DATES = """DATE'0001-01-01' DATE'9999-12-31' DATE'1582-10-04' DATE'1582-10-15' DATE'1900-02-28' DATE'2000-02-29' DATE'2019-12-29' DATE'2020-12-31' DATE'2021-03-14' DATE'1970-01-01' DATE'1969-12-31' NULL"""
DATE_CALLS = """year month day quarter dayofweek weekday dayofyear weekofyear dayname monthname last_day add_months({},1) add_months({},-13) date_add({},30) date_sub({},366)
trunc({},'YEAR') trunc({},'QUARTER') trunc({},'MM') trunc({},'WEEK') date_trunc('DECADE',{}) date_trunc('HOUR',{}) next_day({},'MO') unix_date months_between({},DATE'2020-02-29') datediff({},DATE'2020-02-29')
date_format({},'yyyy-MM-dd') date_format({},'E,d.MMMM.y,D,Q') date_format({},'G') extract(YEAROFWEEK~FROM~{}) extract(WEEK~FROM~{}) extract(DOW~FROM~{}) string({}) timestamp({}) to_timestamp({}) unix_timestamp({},'yyyy-MM-dd')
to_unix_timestamp({}) {}+INTERVAL'1'MONTH {}+INTERVAL'1'YEAR {}-INTERVAL'1'DAY {}+INTERVAL'25'HOUR date_part('DOY',{}) make_date(year({}),month({}),day({})) from_utc_timestamp({},'Asia/Kolkata') to_utc_timestamp({},'America/New_York') to_json(named_struct('a',{})) hash xxhash64""".split()
TIMES = """TIMESTAMP'0001-01-01~00:00:00' TIMESTAMP'9999-12-31~23:59:59.999999' TIMESTAMP'1883-11-18~12:00:00' TIMESTAMP'1945-08-15~01:00:00' TIMESTAMP'1969-12-31~23:59:59.999999' TIMESTAMP'1970-01-01~00:00:00'
TIMESTAMP'2021-03-14~01:59:59' TIMESTAMP'2021-03-14~02:30:00' TIMESTAMP'2021-03-14~03:00:00' TIMESTAMP'2021-11-07~00:59:59' TIMESTAMP'2021-11-07~01:30:00' TIMESTAMP'2021-11-07~02:00:00' TIMESTAMP'2020-02-29~23:59:59.5' NULL"""
TIME_CALLS = """hour minute second date({}) string({}) year dayofweek unix_timestamp unix_seconds unix_millis unix_micros date_trunc('DAY',{}) date_trunc('HOUR',{}) date_trunc('WEEK',{}) date_trunc('MINUTE',{})
{}+INTERVAL'1'DAY {}+INTERVAL'24'HOUR {}-INTERVAL'1'MONTH {}+INTERVAL'1'YEAR date_format({},'yyyy-MM-dd~HH:mm:ss.SSSSSS~VV~xxx') date_format({},'h~a~K~k') date_format({},'z') date_format({},'O~XXX~Z') from_unixtime(unix_timestamp({}))
from_utc_timestamp({},'America/New_York') to_utc_timestamp({},'America/New_York') convert_timezone('UTC',{}) to_date({}) last_day months_between({},TIMESTAMP'2020-01-31~10:00:00') timestampadd(DAY,1,{}) timestampadd(HOUR,24,{}) timestampadd(MONTH,1,{})
timestampdiff(DAY,TIMESTAMP'2020-02-29~00:00:00',{}) timestampdiff(MONTH,TIMESTAMP'2020-02-29~00:00:00',{}) timestampdiff(HOUR,TIMESTAMP'2021-03-13~02:30:00',{}) {}-TIMESTAMP'2021-03-14~00:00:00' {}::timestamp_ntz {}::timestamp_ntz::timestamp {}::date::timestamp double({}) bigint({}) extract(SECOND~FROM~{})
window({},'1~day').start window({},'1~day').end make_timestamp(year({}),month({}),day({}),hour({}),minute({}),second({})) to_json(named_struct('a',{})) hash""".split()
AGGREGATES = """count({}) count(*) sum({}) avg({}) min({}) max({}) first({}) last({}) first({},true) last_value({},true) any_value({}) collect_list({}) sort_array(collect_set({})) stddev({}) stddev_pop({}) var_samp({}) var_pop({})
skewness({}) kurtosis({}) median({}) percentile({},0.5) percentile_approx({},0.5) mode({}) max_by({},o) min_by({},o) approx_count_distinct({}) count_if({}>1) bool_and({}>0) bool_or({}>1) every({}~IS~NOT~NULL) try_sum({}) try_avg({}) corr({},o) covar_samp({},o) covar_pop({},o)
regr_slope({},o) regr_count({},o) regr_r2({},o) bit_and(int({})) bit_or(int({})) bit_xor(int({})) listagg(string({}),',') count(o,{})""".split()
FRAMES = """|ORDER~BY~o|PARTITION~BY~k|PARTITION~BY~k~ORDER~BY~o|ORDER~BY~o~ROWS~BETWEEN~1~PRECEDING~AND~1~FOLLOWING|ORDER~BY~o~ROWS~BETWEEN~CURRENT~ROW~AND~UNBOUNDED~FOLLOWING|ORDER~BY~o~DESC~RANGE~BETWEEN~1~PRECEDING~AND~CURRENT~ROW
|PARTITION~BY~k~ORDER~BY~o~RANGE~BETWEEN~1~PRECEDING~AND~2~FOLLOWING|ORDER~BY~o~ROWS~BETWEEN~2~FOLLOWING~AND~3~FOLLOWING|ORDER~BY~o~RANGE~BETWEEN~2~FOLLOWING~AND~UNBOUNDED~FOLLOWING""".replace(
    "\n", ""
).split("|")
ROWS = {
    "int": "VALUES ('x', 1, 1), ('x', 2, 2), ('x', 2, NULL), ('x', 4, 2), ('y', 5, 7), ('y', NULL, 3), (NULL, 3, NULL) AS t(k, o, v)",
    "double": "VALUES ('x', 1, double('NaN')), ('x', 2, -0D), ('x', 2, 0D), ('x', 4, double('Infinity')), ('y', 5, 2.5D), ('y', NULL, NULL), (NULL, 3, -1D) AS t(k, o, v)",
    "decimal": "VALUES ('x', 1, 1.10), ('x', 2, -2.25), ('x', 2, NULL), ('y', 5, 2.25), ('y', NULL, 3.00) AS t(k, o, v)",
    "empty": "(SELECT k, o, v FROM VALUES ('x', 1, 1) AS t(k, o, v) WHERE false)",
}
NESTED = "VALUES (1, array(3, NULL, 1), map('a', 1, 'b', NULL)), (2, array(), map()), (3, NULL, NULL), (4, array(NULL), map('c', 3)) AS t(i, a, m)"
LAMBDAS = """transform(a,x->x+i)|transform(a,(x,j)->x*j)|transform(a,x->named_struct('x',x,'i',i))|transform(a,x->array(x,i))|transform(a,x->coalesce(x,-1))|filter(a,x->x>1)|filter(a,(x,j)->j>0)|filter(a,x->x~IS~NULL)|exists(a,x->x>2)|exists(a,x->x~IS~NULL)|forall(a,x->x>0)
|forall(a,x->x~IS~NOT~NULL)|aggregate(a,0,(s,x)->s+coalesce(x,0))|aggregate(a,0,(s,x)->s+x)|aggregate(a,0,(s,x)->s+coalesce(x,0),s->s*i)|aggregate(a,'',(s,x)->concat(s,coalesce(string(x),'-')))|reduce(a,array(0),(s,x)->s)|zip_with(a,a,(x,y)->x+y)|zip_with(a,array(1,2),(x,y)->coalesce(x,y))
|zip_with(a,array(1),(x,y)->(x,y))|array_sort(a)|array_sort(a,(l,r)->CASE~WHEN~l~IS~NULL~THEN~1~WHEN~r~IS~NULL~THEN~-1~WHEN~l<r~THEN~1~WHEN~l>r~THEN~-1~ELSE~0~END)|transform_keys(m,(k,v)->upper(k))|transform_keys(m,(k,v)->concat(k,i))|transform_values(m,(k,v)->v+i)|transform_values(m,(k,v)->k)
|map_filter(m,(k,v)->v>0)|map_filter(m,(k,v)->v~IS~NULL)|map_zip_with(m,map('a',10),(k,x,y)->coalesce(x,0)+coalesce(y,0))|map_zip_with(m,m,(k,x,y)->k)|transform(transform(a,x->x+1),y->y*2)|transform(map_keys(m),k->m[k])|aggregate(map_values(m),0,(s,x)->s+coalesce(x,0))|filter(transform(a,x->x),x->exists(a,y->y>x))
|transform(sequence(1,i),x->transform(sequence(1,x),y->x*y))|array_max(transform(a,x->-x))|size(filter(a,x->x~IS~NOT~NULL))|sort_array(a,false)|sort_array(a)|array_distinct(a)|array_union(a,array(1,9))|array_except(a,array(1))|array_intersect(a,array(NULL,1))|arrays_overlap(a,array(1))|array_position(a,1)
|array_remove(a,1)|array_append(a,i)|array_prepend(a,NULL)|array_insert(a,1,i)|array_compact(a)|array_repeat(a,2)|arrays_zip(a,a)|slice(a,1,2)|slice(a,-1,1)|flatten(array(a,array(i)))|reverse(a)|concat(a,array(i))|array_join(a,',','~')|array_contains(a,1)|element_at(a,-1)|try_element_at(a,1)|get(a,0)|cardinality(a)|size(m)
|map_concat(m,map('z',9))|map_entries(m)|map_from_entries(map_entries(m))|map_contains_key(m,'a')|element_at(m,'a')|m['b']|to_json(m)|to_json(a)|to_json(named_struct('a',a,'m',m))|hash(a)|xxhash64(a)|string(a)|string(m)|a=array(3,NULL,1)|a<=>array(3,NULL,1)|a<array(4)|array_min(a)|shuffle(array(i))|str_to_map('a:1,b')""".replace(
    "\n", ""
).split("|")
GENERATORS = """explode(a) explode_outer(a) posexplode(a) posexplode_outer(a) explode(m) explode_outer(m) posexplode(m) posexplode_outer(m) inline(arrays_zip(a,a)) inline_outer(arrays_zip(a,a)) inline(map_entries(m)) stack(2,i,i+1,i+2) stack(2,i,'x',i+1) json_tuple(to_json(m),'a','b')""".split()
ORDERED = """percentile_cont(0.5) percentile_cont(0.25) percentile_cont(array(0,0.5,1)) percentile_disc(0.5) percentile_disc(0.9) percentile_disc(array(0,0.5,1)) mode() listagg(string(v)) listagg(string(v),'-') listagg(DISTINCT~string(v),'-') string_agg(k,'|') percentile_cont(2) percentile_cont(NULL) percentile_disc(-1) listagg(v) listagg(k,NULL)""".split()
ORDERS = ["ORDER BY v", "ORDER BY v DESC", "ORDER BY o", "ORDER BY k NULLS LAST"]
FLOATS = "VALUES (1, double('NaN')), (2, 0D), (3, -0D), (4, double('NaN')), (5, 1D), (6, NULL), (7, double('-Infinity')) AS t(i, d)"
ZEROS = """SELECT i, d FROM {} ORDER BY d, i|SELECT i, d FROM {} ORDER BY d DESC, i DESC|SELECT d, count(*), min(i), max(i) FROM {} GROUP BY d|SELECT DISTINCT d FROM {}|SELECT a.i, b.i FROM {} AS a JOIN {} AS b ON a.d = b.d|SELECT a.i, b.i FROM {} AS a JOIN {} AS b ON a.d <=> b.d|SELECT a.i, b.i FROM {} AS a JOIN {} AS b ON a.d < b.d|SELECT a.i FROM {} AS a LEFT SEMI JOIN {} AS b ON a.d = -b.d
|SELECT i FROM {} WHERE d = 0|SELECT i FROM {} WHERE d = -0D|SELECT i FROM {} WHERE d <> 0|SELECT i FROM {} WHERE d = double('NaN')|SELECT i FROM {} WHERE d > 1|SELECT i FROM {} WHERE d >= double('NaN')|SELECT i FROM {} WHERE d < 0|SELECT i FROM {} WHERE d <= -0D|SELECT i FROM {} WHERE d IN (0D, double('NaN'))|SELECT i FROM {} WHERE d NOT IN (-0D)|SELECT i FROM {} WHERE d BETWEEN -0D AND 1
|SELECT i, rank() OVER (ORDER BY d), dense_rank() OVER (ORDER BY d), percent_rank() OVER (ORDER BY d), cume_dist() OVER (ORDER BY d), count(*) OVER (PARTITION BY d) FROM {}|SELECT i, sum(i) OVER (ORDER BY d RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM {}|SELECT i, count(*) OVER (ORDER BY d DESC RANGE BETWEEN CURRENT ROW AND 1 FOLLOWING) FROM {}|SELECT i, count(*) OVER (ORDER BY d RANGE BETWEEN 1 FOLLOWING AND 2 FOLLOWING) FROM {}
|SELECT collect_set(d), count(DISTINCT d), approx_count_distinct(d), sum(DISTINCT d) FROM {}|SELECT d FROM {} UNION SELECT -d FROM {}|SELECT d FROM {} INTERSECT SELECT -d FROM {}|SELECT d FROM {} EXCEPT SELECT 0D|SELECT d FROM {} EXCEPT ALL SELECT -0D|SELECT max(d), min(d), max_by(i, d), min_by(i, d) FROM {}|SELECT s, count(*) FROM (SELECT named_struct('d', d) AS s FROM {}) GROUP BY s|SELECT s, count(*) FROM (SELECT array(d) AS s FROM {}) GROUP BY s|SELECT i, array_position(array(0D, double('NaN')), d), array_contains(array(0D, double('NaN')), d) FROM {}
|SELECT array_distinct(collect_list(d)), sort_array(collect_list(d)), array_max(collect_list(d)), array_min(collect_list(d)) FROM {}|SELECT array_union(collect_list(d), array(0D)), array_intersect(collect_list(d), array(-0D, double('NaN'))), array_except(collect_list(d), array(-0D)) FROM {}|SELECT i, d = 0, d <=> 0, d < 0, d > 0, d <=> double('NaN'), nullif(d, 0), CASE d WHEN 0 THEN 'zero' WHEN double('NaN') THEN 'nan' END FROM {}|SELECT i, greatest(d, 0D), least(d, 0D), greatest(-0D, d), nanvl(d, 9), abs(d), -d, d + 0D, d * -1 FROM {}
|SELECT map_from_arrays(array(0D, double('NaN')), array('z', 'n'))[d] FROM {}|SELECT i, CAST(d AS FLOAT), CAST(d AS STRING), hash(d), xxhash64(d) FROM {}|SELECT count(*) FROM {} AS a JOIN {} AS b USING (d)|SELECT * FROM (SELECT d FROM {}) PIVOT (count(*) FOR d IN (0D, double('NaN')))|SELECT d, sum(i) FROM {} GROUP BY ROLLUP (d)|SELECT i, (SELECT count(*) FROM {} AS b WHERE b.d = a.d) FROM {} AS a|SELECT i FROM {} AS a WHERE EXISTS (SELECT 1 FROM {} AS b WHERE b.d = -a.d AND b.i <> a.i)""".replace(
    "\n", ""
).split("|")
ANSI_OFF = "conf spark.sql.ansi.enabled=false"


def _call(call, value):
    text = call.replace("{}", value) if "{}" in call or "(" in call else f"{call}({value})"
    return text.replace("~", " ")


def _column(values):
    return ", ".join(f"({value})".replace("~", " ") for value in values)


def _values(kind):
    import re

    found = re.findall(r"CAST\([^)]*\)(?:\))?|\S+", NUMBERS[kind])
    return (
        [f"CAST('{v}' AS DECIMAL(38,0))" for v in found[:-1]] + ["NULL"]
        if kind == "decimal"
        else found
    )


def files():
    for kind in NUMBERS:
        values = _values(kind)
        table = f"VALUES {_column(values)} AS t(a)"
        queries = [f"SELECT a, {_call(call, 'a')} AS r FROM {table}" for call in MATH]
        queries += [f"SELECT CAST({v} AS {to}) AS r" for v in values[:-1] for to in CASTS]
        yield f"edges/numbers/{kind}", queries
        yield (
            f"edges/numbers/{kind}_legacy",
            [
                ANSI_OFF,
                *(f"SELECT a, {_call(call, 'a')} AS r FROM {table}" for call in MATH),
                *(f"SELECT a, CAST(a AS {to}) AS r FROM {table}" for to in CASTS),
            ],
        )
    texts = [text.replace("~", "' '") for text in TEXTS.split()]
    table = f"VALUES {', '.join(f'({text})' for text in texts)} AS t(a)"
    yield (
        "edges/texts",
        [f"SELECT a, {_call(call, 'a')} AS r FROM {table}" for call in dict.fromkeys(TEXT_CALLS)],
    )
    for zone in ("UTC", "America/New_York", "Asia/Kolkata"):
        conf = f"conf spark.sql.session.timeZone={zone}"
        name = zone.split("/")[-1].lower()
        dates = f"VALUES {_column(DATES.split())} AS t(a)"
        yield (
            f"edges/dates/{name}",
            [conf, *(f"SELECT a, {_call(call, 'a')} AS r FROM {dates}" for call in DATE_CALLS)],
        )
        times = f"VALUES {_column(TIMES.split())} AS t(a)"
        yield (
            f"edges/times/{name}",
            [conf, *(f"SELECT a, {_call(call, 'a')} AS r FROM {times}" for call in TIME_CALLS)],
        )
    for kind, rows in ROWS.items():
        queries = []
        for call in AGGREGATES:
            text = _call(call, "v")
            queries.append(f"SELECT {text} AS r FROM {rows}")
            queries.append(f"SELECT k, {text} AS r FROM {rows} GROUP BY k")
            queries.append(f"SELECT {text} FILTER (WHERE o > 2) AS r FROM {rows}")
            if (
                call.startswith(
                    (
                        "count(",
                        "sum",
                        "avg",
                        "min",
                        "max(",
                        "collect",
                        "listagg",
                        "stddev(",
                        "sort_array",
                        "try_",
                        "corr",
                        "first(",
                    )
                )
                and "*" not in call
            ):
                queries.append(f"SELECT {text.replace('(', '(DISTINCT ', 1)} AS r FROM {rows}")
                queries.append(
                    f"SELECT k, {text.replace('(', '(DISTINCT ', 1)} FILTER (WHERE o < 4) AS r FROM {rows} GROUP BY k"
                )
        yield f"edges/aggregates/{kind}", queries
        frames = {"int": FRAMES, "double": FRAMES[3::3]}.get(kind, [])
        if frames:
            yield (
                f"edges/windows/{kind}",
                [
                    f"SELECT k, o, v, {_call(call, 'v')} OVER ({frame.replace('~', ' ')}) AS r FROM {rows}"
                    for call in AGGREGATES
                    for frame in frames
                    if "sort_array" not in call
                    and not (kind == "double" and call.startswith("bit_"))
                ],
            )
    ordered = []
    for rows in (ROWS["int"], ROWS["double"], ROWS["empty"]):
        for call in ORDERED:
            for order in ORDERS:
                ordered.append(
                    f"SELECT {call.replace('~', ' ')} WITHIN GROUP ({order}) AS r FROM {rows}"
                )
            ordered.append(
                f"SELECT k, {call.replace('~', ' ')} WITHIN GROUP (ORDER BY v) FILTER (WHERE o > 1) AS r FROM {rows} GROUP BY k"
            )
            if "DISTINCT" not in call:
                ordered.append(
                    f"SELECT {call.replace('~', ' ')} WITHIN GROUP (ORDER BY v) OVER (PARTITION BY k) AS r FROM {rows}"
                )
    yield "edges/ordered_sets", ordered
    yield (
        "edges/lambdas",
        [f"SELECT i, {call.replace('~', ' ')} AS r FROM {NESTED}" for call in LAMBDAS],
    )
    generators = []
    for call in GENERATORS:
        generators.append(f"SELECT i, {call} FROM {NESTED}")
        generators.append(f"SELECT * FROM {NESTED} LATERAL VIEW {call} x")
        generators.append(f"SELECT * FROM {NESTED} LATERAL VIEW OUTER {call} x")
        generators.append(f"SELECT i, count(*) FROM {NESTED} LATERAL VIEW {call} x GROUP BY i")
        generators.append(f"SELECT * FROM {NESTED}, LATERAL {call}")
        generators.append(f"SELECT * FROM {NESTED} LEFT JOIN LATERAL {call} AS x ON true")
        generators.append(f"SELECT i, {call} FROM {NESTED} WHERE i > 1 ORDER BY i DESC")
    yield "edges/generators", generators
    yield "edges/zeros", [query.replace("{}", f"(SELECT * FROM {FLOATS})") for query in ZEROS]
