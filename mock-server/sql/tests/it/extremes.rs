//! Texts that are long, deep or broken: an answer in time and no panic, whatever comes.

use std::time::{Duration, Instant};

use sparring_sql::{parse_data_type, parse_expression, parse_statement, parse_table_schema};

/// Far more than these take; a quadratic parser would need hours.
const LONG: Duration = Duration::from_secs(60);

fn repeated(first: &str, piece: &str, n: usize, last: &str) -> String {
    format!("{first}{}{last}", piece.repeat(n))
}

#[test]
fn deep_texts_are_refused_like_spark_refuses_them() {
    let n = 200_000;
    let texts = [
        repeated("select ", "(", n, "1"),
        repeated("select ", "not ", n, "true"),
        repeated("select ", "- ", n, "a"),
        repeated("select ", "f(", n, "1"),
        repeated("select ", "case when ", n, "1"),
        repeated("select ", "a[", n, "1"),
        repeated("select 1", " + 1", n, ""),
        repeated("select a", "[0]", n, ""),
        repeated("select cast(1 as ", "array<", n, "int"),
        repeated("select * from ", "(", n, "t"),
        repeated("", "(", n, "select 1"),
        repeated("select * from t", " join u", n, ""),
        repeated("explain ", "explain ", n, "select 1"),
        repeated("", "select * from (", n, "select 1"),
        repeated("select x in ", "(select x in ", n, "(1)"),
        repeated("select * from t ", "lateral view explode(a) b ", n, ""),
        repeated("select * from t group by ", "grouping sets (", n, "a"),
    ];
    for text in texts {
        let error = parse_statement(&text).expect_err("too deep");
        assert_eq!(
            error.class,
            "FAILED_TO_PARSE_TOO_COMPLEX",
            "{}",
            &text[..40]
        );
    }
    let error = parse_data_type(&repeated("", "array<", n, "int")).expect_err("too deep");
    assert_eq!(error.class, "FAILED_TO_PARSE_TOO_COMPLEX");
}

#[test]
fn texts_as_deep_as_people_write_them_are_read_on_a_small_stack() {
    let n = 400;
    let texts = [
        format!("select {}1{}", "(".repeat(n), ")".repeat(n)),
        format!("select {}1{}", "coalesce(null, ".repeat(n), ")".repeat(n)),
        format!(
            "select * from {}t{}",
            "(select * from ".repeat(n),
            ")".repeat(n)
        ),
        repeated("select 1", " union all select 1", 5000, ""),
        repeated("select 1", " union select 1", 5000, ""),
        repeated("select * from t where a = 0", " or a = 1", 50_000, ""),
        repeated("select * from t where a in (0", ", 1", 50_000, ")"),
        repeated("select 'a'", " || 'a'", 900, ""),
    ];
    let read = std::thread::Builder::new()
        .stack_size(512 * 1024)
        .spawn(move || {
            for text in texts {
                parse_statement(&text).map(drop).expect("a statement");
            }
        });
    read.expect("a thread").join().expect("no overflow");
}

#[test]
fn long_texts_take_linear_time() {
    let started = Instant::now();
    let rows = repeated(
        "insert into t values (0, 'zero', 0.0)",
        ", (123, 'some text', 4.56)",
        400_000,
        "",
    );
    assert!(rows.len() > 10_000_000);
    parse_statement(&rows).map(drop).expect("a statement");
    let comment = repeated("select 1 /*", " x", 5_000_000, "*/");
    parse_statement(&comment).map(drop).expect("a statement");
    let columns = repeated(
        "a0 int",
        ", b struct<x: int, y: array<string>>",
        100_000,
        "",
    );
    parse_table_schema(&columns).map(drop).expect("a schema");
    let wide = repeated("select a", ",\n b as ä", 100_000, " from t");
    assert_eq!(
        parse_statement(&wide)
            .expect_err("a name in backticks")
            .line,
        2
    );
    assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
}

#[test]
fn broken_texts_never_panic() {
    let whole = [
        "with recursive a(b) max recursion level 3 as (select /*+ broadcast(t) */ distinct x.y.z[1]::array<int> as q, *, \
         t.* except (a), count(distinct b) filter (where c > 1.5e3) over (partition by d order by e desc nulls last rows \
         between 1 preceding and unbounded following) from `my t`.u@v3 tablesample (10 percent) t join lateral (select \
         1) using (id) lateral view outer explode(m) n as o where a between 1 and 2 and b not like 'x\\'' escape '!' group by \
         rollup(a, (b, c)) having 1 <=> 2 window w as (order by 1) qualify 1) values (1, date'2020-01-01', interval '1' \
         day), (x -> x + 1, :p, ?) order by all limit 10 offset 5",
        "merge with schema evolution into a.b as t using (select 1) s on t.x = s.x when matched and a then update set * when \
         not matched by target then insert (a, b) values (1, default) when not matched by source then delete",
        "create or replace table if not exists c.s.t (a decimal(10, 2) not null default 1 comment 'x', b struct<c: int>, \
         constraint p primary key (a) not enforced) using delta partitioned by (a, days(b)) cluster by (a) location '/x' \
         options (a.b 'c') tblproperties ('d' = 1) as select 1",
        "alter table t alter column a.b type map<string, int>, c set default 1",
        "set spark.sql.a = `b` 'c",
        "describe table extended a.b partition (c = 1) d as json",
        "grant select, use schema on schema s to `me`",
    ];
    for text in whole {
        for end in 0..=text.len() {
            if !text.is_char_boundary(end) {
                continue;
            }
            drop(parse_statement(&text[..end]));
            drop(parse_expression(&text[end..]));
            let without: String = text[..end]
                .chars()
                .chain(text[end..].chars().skip(1))
                .collect();
            drop(parse_statement(&without));
            for inserted in [
                "'", "`", "(", ")", ",", "ü", "/*", "\u{0}", " 1e", ".", "::", "->",
            ] {
                let with = format!("{}{inserted}{}", &text[..end], &text[end..]);
                if let Err(error) = parse_statement(&with) {
                    drop(error.message());
                }
            }
        }
    }
}
