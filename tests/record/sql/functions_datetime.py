"""Date and time functions, in three session zones, with Java patterns."""

CALLS = {
    "date_add": "DATE '2016-07-30', 1 | DATE '2016-07-30', -1 | '2016-07-30', 1 | NULL, 1 | DATE '2016-07-30', NULL | DATE '9999-12-31', 1 | TIMESTAMP '2016-07-30 12:00:00', 1 | DATE '2016-02-28', 2S | DATE '2016-02-28', '2' | DATE '2016-02-28', 1.5 | DATE '2016-02-28', '1.5' | DATE '2016-02-28', 1L | 'x', 1",
    "dateadd": "DATE '2016-07-30', 1 | DAY, 5, DATE '2016-07-30' | MONTH, 1, TIMESTAMP '2016-01-31 10:00:00' | HOUR, 1, DATE '2016-07-30' | QUARTER, 1, DATE '2016-01-31' | YEAR, -1, DATE '2016-02-29' | WEEK, 1, DATE '2016-02-29' | SECOND, 1, TIMESTAMP_NTZ '2016-02-29 23:59:59' | MICROSECOND, 1, TIMESTAMP '2016-01-31 10:00:00'",
    "date_sub": "DATE '2016-07-30', 1 | '2016-07-30', 1 | NULL, 1 | DATE '2016-03-01', 1",
    "datediff": "DATE '2009-07-31', DATE '2009-07-30' | '2009-07-30', '2009-07-31' | TIMESTAMP '2009-07-31 23:59:59', DATE '2009-07-30' | NULL, DATE '2009-07-30' | DAY, DATE '2009-07-30', DATE '2009-08-30' | MONTH, DATE '2009-07-31', DATE '2009-08-30' | YEAR, DATE '2009-07-30', DATE '2011-07-29' | HOUR, TIMESTAMP '2009-07-30 00:00:00', TIMESTAMP '2009-07-30 05:59:00'",
    "date_diff": "DATE '2009-07-31', DATE '2009-07-30'",
    "timestampadd": "HOUR, 8, TIMESTAMP_NTZ '2022-02-11 20:30:00' | MONTH, 1, TIMESTAMP '2022-01-31 00:00:00' | SECOND, -10, DATE '2022-01-01' | XX, 1, DATE '2022-01-01'",
    "timestampdiff": "HOUR, TIMESTAMP_NTZ '2022-02-11 20:30:00', TIMESTAMP_NTZ '2022-02-12 04:30:00' | MONTH, DATE '2022-01-01', DATE '2020-01-01' | YEAR, DATE '2000-01-01', DATE '1990-05-31' | WEEK, DATE '2000-01-01', DATE '2000-01-20'",
    "add_months": "DATE '2016-08-31', 1 | DATE '2016-01-30', 1 | DATE '2016-02-29', 12 | DATE '2016-08-31', -2 | '2016-08-31', 1 | NULL, 1 | DATE '2016-02-29', 0",
    "months_between": "TIMESTAMP '1997-02-28 10:30:00', TIMESTAMP '1996-10-30 00:00:00' | TIMESTAMP '1997-02-28 10:30:00', TIMESTAMP '1996-10-30 00:00:00', false | DATE '2020-02-29', DATE '2020-01-31' | DATE '2020-01-31', DATE '2020-02-29' | '2020-01-15', '2020-03-15' | NULL, DATE '2020-01-01' | DATE '2020-03-31', DATE '2020-02-29'",
    "last_day": "DATE '2009-01-12' | DATE '2016-02-01' | '2015-02-10' | NULL | TIMESTAMP '2009-12-31 10:00:00'",
    "next_day": "DATE '2015-01-14', 'TU' | DATE '2015-01-14', 'Wednesday' | DATE '2015-01-14', 'xx' | '2015-01-14', 'fri' | NULL, 'TU' | DATE '2015-01-14', NULL",
    "trunc": "DATE '2019-08-04', 'week' | DATE '2019-08-04', 'quarter' | DATE '2009-02-12', 'MM' | DATE '2015-10-27', 'YEAR' | DATE '2015-10-27', 'yy' | DATE '2015-10-27', 'x' | '2015-10-27', 'month' | NULL, 'MM' | DATE '2015-10-27', 'day' | TIMESTAMP '2015-10-27 10:00:00', 'mon'",
    "date_trunc": "'YEAR', TIMESTAMP '2015-03-05 09:32:05.359' | 'QUARTER', TIMESTAMP '2015-03-05 09:32:05.359' | 'MM', TIMESTAMP '2015-03-05 09:32:05.359' | 'WEEK', TIMESTAMP '2015-03-05 09:32:05.359' | 'DD', TIMESTAMP '2015-03-05 09:32:05.359' | 'HOUR', TIMESTAMP '2015-03-05 09:32:05.359' | 'MINUTE', TIMESTAMP '2015-03-05 09:32:05.359' | 'SECOND', TIMESTAMP '2015-03-05 09:32:05.359' | 'MILLISECOND', TIMESTAMP '2015-03-05 09:32:05.123456' | 'MICROSECOND', TIMESTAMP '2015-03-05 09:32:05.123456' | 'x', TIMESTAMP '2015-03-05 09:32:05' | 'day', DATE '2015-03-05' | 'day', '2015-03-05T09:32:05.359' | 'day', NULL | 'month', TIMESTAMP_NTZ '2015-03-05 09:32:05' | 'DAY', TIMESTAMP '1960-03-05 09:32:05'",
    "year": "DATE '2016-07-30' | TIMESTAMP '2016-07-30 10:00:00' | '2016-07-30' | NULL | 'x' | TIMESTAMP_NTZ '2016-07-30 10:00:00' | DATE '0001-01-01' | 1 | INTERVAL '1' YEAR",
    "quarter": "DATE '2016-08-31' | NULL",
    "month": "DATE '2016-07-30' | '2016-07-30' | NULL",
    "day": "DATE '2016-07-30'",
    "dayofmonth": "DATE '2016-07-30' | NULL",
    "dayofweek": "DATE '2009-07-30' | DATE '2009-08-02' | NULL | '2009-07-30'",
    "weekday": "DATE '2009-07-30' | DATE '2009-08-02' | NULL",
    "dayofyear": "DATE '2016-04-09' | DATE '2016-12-31'",
    "dayname": "DATE '2024-11-01' | NULL",
    "monthname": "DATE '2024-11-01' | NULL",
    "weekofyear": "DATE '2008-02-20' | DATE '2021-01-03' | DATE '2020-12-31'",
    "hour": "TIMESTAMP '2018-02-14 12:58:59' | '2009-07-30 12:58:59' | NULL | DATE '2018-02-14' | TIMESTAMP_NTZ '2018-02-14 12:58:59' | TIME '12:58:59'",
    "minute": "TIMESTAMP '2009-07-30 12:58:59' | NULL",
    "second": "TIMESTAMP '2018-02-14 12:58:59.9' | NULL | '12:58:59'",
    "extract": "YEAR FROM TIMESTAMP '2019-08-12 01:00:00.123456' | WEEK FROM TIMESTAMP '2019-08-12 01:00:00.123456' | DOY FROM DATE '2019-08-12' | SECONDS FROM TIMESTAMP '2019-10-01 00:00:01.000001' | DAYS FROM INTERVAL 5 DAYS | SECONDS FROM INTERVAL 5 HOURS 30 SECONDS 1 MILLISECONDS | MONTH FROM INTERVAL '2021-11' YEAR TO MONTH | DOW FROM DATE '2019-08-12' | DOW_ISO FROM DATE '2019-08-11' | DAYOFWEEK_ISO FROM DATE '2019-08-11' | YEAROFWEEK FROM DATE '2021-01-03' | QTR FROM DATE '2019-08-12' | XX FROM DATE '2019-08-12' | HOUR FROM TIMESTAMP '2019-08-12 01:00:00' | MINUTE FROM INTERVAL '1 02:03:04' DAY TO SECOND | DAY FROM '2019-08-12' | EPOCH FROM DATE '2019-08-12'",
    "date_part": "'YEAR', TIMESTAMP '2019-08-12 01:00:00.123456' | 'week', TIMESTAMP '2019-08-12 01:00:00' | 'seconds', INTERVAL 5 HOURS 30 SECONDS | 'x', DATE '2019-08-12' | NULL, DATE '2019-08-12'",
    "datepart": "'YEAR', DATE '2019-08-12'",
    "to_date": "'2009-07-30 04:17:52' | '2016-12-31', 'yyyy-MM-dd' | '31/12/2016', 'dd/MM/yyyy' | 'x' | NULL | '2016-12-31', 'x' | '20161231', 'yyyyMMdd' | TIMESTAMP '2016-12-31 23:00:00' | DATE '2016-12-31' | '2016-13-01', 'yyyy-MM-dd' | 'Dec 31, 2016', 'MMM d, yyyy' | '2016', 'yyyy' | '16-1-5', 'yy-M-d' | '2016-366', 'yyyy-DDD' | '2016-12-31 10:00', 'yyyy-MM-dd'",
    "try_to_date": "'2016-12-31' | 'x' | '31/12/2016', 'dd/MM/yyyy'",
    "to_timestamp": "'2016-12-31 00:12:00' | '2016-12-31', 'yyyy-MM-dd' | '31/12/2016 10:11', 'dd/MM/yyyy HH:mm' | 'x' | NULL | '2016-12-31T10:11:12.123Z' | '2016-12-31 10:11:12.123456', 'yyyy-MM-dd HH:mm:ss.SSSSSS' | '12/31/2016 03:04:05 PM', 'MM/dd/yyyy hh:mm:ss a' | DATE '2016-12-31' | TIMESTAMP_NTZ '2016-12-31 00:00:00' | 1 | 1.5D | '2016-12-31 10:11:12 +0530', 'yyyy-MM-dd HH:mm:ss Z' | '2016-12-31 10:11:12+05:30', 'yyyy-MM-dd HH:mm:ssXXX' | '2016-12-31 10:11:12 Asia/Kolkata', 'yyyy-MM-dd HH:mm:ss VV' | '10:11', 'HH:mm' | '2016-12-31 24:00:00', 'yyyy-MM-dd HH:mm:ss' | '2016-12-31 10:11:12', 'yyyy-MM-dd' | '2016-12-31 1:2:3', 'yyyy-MM-dd HH:mm:ss' | '2016-12-31 1:2:3', 'yyyy-MM-dd H:m:s' | 'Sat Dec 31 2016', 'EEE MMM dd yyyy' | '2016-12-31 10:11:12.5', 'yyyy-MM-dd HH:mm:ss.S' | '2016-12-31 10:11:12.5', 'yyyy-MM-dd HH:mm:ss[.SSS]' | '2016-12-31', 'YYYY-MM-dd' | '2016-12-31 PM', 'yyyy-MM-dd a'",
    "try_to_timestamp": "'2016-12-31 00:12:00' | 'x' | 'x', 'yyyy' | '2016-12-31', 'yyyy-MM-dd'",
    "to_timestamp_ltz": "'2016-12-31 00:12:00' | '2016-12-31', 'yyyy-MM-dd'",
    "to_timestamp_ntz": "'2016-12-31 00:12:00' | '2016-12-31', 'yyyy-MM-dd' | '2016-12-31 00:12:00+02:00'",
    "date_format": "DATE '2016-04-08', 'y' | TIMESTAMP '2016-04-08 13:10:15.123456', 'yyyy-MM-dd HH:mm:ss.SSSSSS' | TIMESTAMP '2016-04-08 13:10:15', 'EEEE, MMMM d, yyyy h:mm a' | TIMESTAMP '2016-04-08 13:10:15', 'E MMM dd yy' | TIMESTAMP '2016-04-08 13:10:15', 'D DDD' | TIMESTAMP '2016-04-08 13:10:15', 'Q q QQQ' | TIMESTAMP '2016-04-08 13:10:15', 'kk K hh HH H' | TIMESTAMP '2016-04-08 13:10:15', 'z Z X x O VV' | TIMESTAMP '2016-04-08 13:10:15', 'XXX xxx ZZZZ OOOO zzzz' | TIMESTAMP '2016-04-08 13:10:15', '\\'T\\'HH' | TIMESTAMP '2016-04-08 13:10:15', 'yyyy\\'\\'MM' | TIMESTAMP '2016-04-08 13:10:15.5', 'S SS SSS' | TIMESTAMP '2016-04-08 13:10:15', 'YYYY' | TIMESTAMP '2016-04-08 13:10:15', 'ww' | TIMESTAMP '2016-04-08 13:10:15', 'u' | TIMESTAMP '2016-04-08 13:10:15', 'e' | TIMESTAMP '2016-04-08 13:10:15', 'F' | TIMESTAMP '2016-04-08 13:10:15', 'G' | TIMESTAMP '2016-04-08 13:10:15', 'LLL LL MMMMM' | TIMESTAMP '2016-04-08 13:10:15', 'bad pattern' | '2016-04-08', 'yyyy' | NULL, 'yyyy' | DATE '2016-04-08', NULL | DATE '0001-01-01', 'yyyy-MM-dd' | DATE '9999-12-31', 'yy-M-d' | TIMESTAMP '2016-04-08 13:10:15', '' | TIMESTAMP_NTZ '2016-04-08 13:10:15', 'HH:mm' | TIMESTAMP '2016-04-08 13:10:15', 'EEEEE' | TIMESTAMP '2016-04-08 13:10:15', 'a' | TIMESTAMP '2016-04-08 13:10:15', 'n' | TIMESTAMP '2016-04-08 13:10:15', 'yyyyyyy' | TIMESTAMP '2016-04-08 13:10:15', '[yyyy]' | TIMESTAMP '2016-04-08 03:10:15', 'h k K H' | TIMESTAMP '2016-04-08 00:10:15', 'h k K H a'",
    "unix_timestamp": "'2016-04-08', 'yyyy-MM-dd' | '2016-04-08 10:00:00' | TIMESTAMP '2016-04-08 10:00:00' | DATE '2016-04-08' | 'x' | NULL | 'x', 'yyyy' | '2016-04-08 10', 'yyyy-MM-dd HH'",
    "to_unix_timestamp": "'2016-04-08', 'yyyy-MM-dd' | TIMESTAMP '2016-04-08 10:00:00'",
    "from_unixtime": "0 | 0, 'yyyy-MM-dd HH:mm:ss' | 1460073600, 'yyyy/MM/dd' | -1 | NULL | 1.5 | '0' | 253402300799 | 0, NULL",
    "timestamp_seconds": "1230219000 | 1230219000.123 | -1 | NULL | 1.5D | '1'",
    "timestamp_millis": "1230219000123 | NULL | 1.5",
    "timestamp_micros": "1230219000123123 | NULL",
    "unix_seconds": "TIMESTAMP '1970-01-01 00:00:01Z' | NULL | TIMESTAMP '1969-12-31 23:59:59.5Z'",
    "unix_millis": "TIMESTAMP '1970-01-01 00:00:01.5Z'",
    "unix_micros": "TIMESTAMP '1970-01-01 00:00:01Z'",
    "unix_date": "DATE '1970-01-02' | NULL",
    "date_from_unix_date": "1 | -1 | NULL",
    "make_date": "2013, 7, 15 | 2019, 13, 1 | 2019, 7, NULL | 2019, 2, 30 | 0, 1, 1 | '2019', 1, 1 | 2019.5, 1, 1",
    "make_timestamp": "2014, 12, 28, 6, 30, 45.887 | 2014, 12, 28, 6, 30, 45.887, 'CET' | 2019, 6, 30, 23, 59, 60 | 2019, 13, 1, 10, 11, 12 | NULL, 7, 22, 15, 30, 0 | 2019, 6, 30, 23, 59, 61 | 2019, 1, 1, 0, 0, 1.1234567",
    "make_timestamp_ltz": "2014, 12, 28, 6, 30, 45.887 | 2014, 12, 28, 6, 30, 45.887, 'CET'",
    "make_timestamp_ntz": "2014, 12, 28, 6, 30, 45.887 | 2019, 13, 1, 10, 11, 12",
    "try_make_timestamp": "2019, 13, 1, 10, 11, 12 | 2014, 12, 28, 6, 30, 45.887",
    "make_interval": "100, 11, 1, 1, 12, 30, 1.001001 | 100, NULL, 3 | 0, 1, 0, 1, 0, 0, 100.000001 | ",
    "make_dt_interval": "1, 12, 30, 1.001001 | 2 | 100, NULL, 3 | ",
    "make_ym_interval": "1, 2 | 1, 0 | -1, 1 | NULL, 1 | ",
    "make_time": "6, 30, 45.887",
    "to_time": "'00:12:00' | '12.10.05', 'HH.mm.ss'",
    "to_utc_timestamp": "'2016-08-31', 'Asia/Seoul' | TIMESTAMP '2016-08-31 00:00:00', 'America/New_York' | NULL, 'UTC' | '2016-08-31', 'x' | '2016-08-31', '+02:00'",
    "from_utc_timestamp": "'2016-08-31', 'Asia/Seoul' | TIMESTAMP '2016-03-13 10:30:00', 'America/New_York' | '2016-08-31', 'PST'",
    "convert_timezone": "'Europe/Brussels', 'America/Los_Angeles', TIMESTAMP_NTZ '2021-12-06 00:00:00' | 'Europe/Brussels', TIMESTAMP_NTZ '2021-12-05 15:00:00'",
    "window": "TIMESTAMP '2016-08-31 10:11:12', '10 minutes'",
    "sequence": "DATE '2018-01-01', DATE '2018-03-01', INTERVAL 1 MONTH | DATE '2018-01-01', DATE '2018-01-05' | DATE '2018-01-31', DATE '2018-05-31', INTERVAL 1 MONTH | TIMESTAMP '2018-01-01 00:00:00', TIMESTAMP '2018-01-01 03:00:00', INTERVAL 1 HOUR | DATE '2018-01-05', DATE '2018-01-01' | DATE '2018-01-05', DATE '2018-01-01', INTERVAL 1 DAY | DATE '2018-01-01', DATE '2018-01-02', INTERVAL 12 HOURS",
    "date": "'2020-01-31' | 'x' | TIMESTAMP '2020-01-31 23:00:00'",
    "timestamp": "'2020-01-31 10:00' | 0 | DATE '2020-01-31'",
}
TYPES = [
    "current_date()",
    "current_date",
    "curdate()",
    "current_timestamp()",
    "current_timestamp",
    "now()",
    "localtimestamp()",
    "unix_timestamp()",
    "current_timezone()",
    "rand()",
    "randn()",
    "uuid()",
    "monotonically_increasing_id()",
    "spark_partition_id()",
    "input_file_name()",
    "current_user()",
    "user()",
    "session_user()",
    "version()",
    "shuffle(array(1,2,3))",
    "current_time()",
]
PLAIN = [
    "current_catalog()",
    "current_database()",
    "current_schema()",
    "rand(0)",
    "rand(42)",
    "randn(0)",
    "rand(NULL)",
    "monotonically_increasing_id()",
    "spark_partition_id()",
    "input_file_name()",
    "current_timezone()",
]
COLUMNS = [
    "year(d), month(d), day(d), quarter(d), dayofweek(d), dayofyear(d), weekofyear(d), weekday(d)",
    "date_add(d, 1), date_sub(d, 1), add_months(d, 1), last_day(d), next_day(d, 'MON'), trunc(d, 'MM')",
    "d + 1, d - 1, d - DATE '2020-01-01', d + INTERVAL 1 MONTH, d + INTERVAL 1 HOUR",
    "date_format(d, 'yyyy/MM/dd'), CAST(d AS STRING), CAST(d AS TIMESTAMP), unix_date(d)",
    "datediff(d, DATE '2020-01-01'), months_between(d, DATE '2020-01-15')",
    "d < DATE '2020-06-01', d = '2020-02-29', d BETWEEN '2020-01-01' AND '2020-12-31'",
]
STAMP_COLUMNS = [
    "year(t), month(t), day(t), hour(t), minute(t), second(t)",
    "date_trunc('HOUR', t), date_trunc('DAY', t), date_trunc('WEEK', t), to_date(t)",
    "date_format(t, 'yyyy-MM-dd HH:mm:ss.SSS'), CAST(t AS STRING), CAST(t AS BIGINT), unix_timestamp(t)",
    "t + INTERVAL 1 DAY, t + INTERVAL 36 HOURS, t + INTERVAL 1 MONTH, t - TIMESTAMP '2020-01-01 00:00:00'",
    "t > '2020-06-01', t < DATE '2020-06-01'",
    "extract(SECOND FROM t), extract(YEAR FROM t), extract(DOW FROM t)",
]
DATES = "VALUES (DATE '2020-02-29'), (DATE '1969-12-31'), (DATE '2021-01-03'), (DATE '1582-10-04'), (NULL) AS v(d)"
STAMPS = "VALUES (TIMESTAMP '2020-02-29 23:59:59.123456'), (TIMESTAMP '1969-12-31 00:00:00.5'), (TIMESTAMP '2020-03-08 01:30:00'), (TIMESTAMP '2020-03-08 02:30:00'), (TIMESTAMP '2020-11-01 01:30:00'), (NULL) AS v(t)"
ZONE_CALLS = (
    "date_trunc",
    "to_timestamp",
    "date_format",
    "unix_timestamp",
    "from_unixtime",
    "to_date",
    "hour",
    "make_timestamp",
    "to_utc_timestamp",
    "from_utc_timestamp",
    "convert_timezone",
    "sequence",
    "months_between",
    "timestamp_seconds",
    "datediff",
)


def calls(name):
    for arguments in CALLS[name].split(" | "):
        yield f"SELECT {name}({arguments.strip()})"


def files():
    for name in CALLS:
        yield f"functions/datetime/{name}", list(calls(name))
    columns = [f"SELECT d, {e} FROM {DATES}" for e in COLUMNS] + [
        f"SELECT t, {e} FROM {STAMPS}" for e in STAMP_COLUMNS
    ]
    yield "functions/datetime/columns", columns
    yield "functions/misc/types_only", [f"query types\nSELECT {e}" for e in TYPES]
    yield "functions/misc/plain", [f"SELECT {e}" for e in PLAIN]
    for zone in ("America/New_York", "Asia/Kolkata"):
        blocks = [f"conf spark.sql.session.timeZone={zone}", *columns]
        for name in ZONE_CALLS:
            blocks += calls(name)
        yield f"functions/datetime/zones/{zone.split('/')[1].lower()}", blocks
    legacy = ["conf spark.sql.ansi.enabled=false"]
    for name in (
        "to_date",
        "to_timestamp",
        "unix_timestamp",
        "make_date",
        "make_timestamp",
        "next_day",
        "date_add",
        "year",
        "date_format",
    ):
        legacy += calls(name)
    yield "functions/datetime/legacy", legacy
