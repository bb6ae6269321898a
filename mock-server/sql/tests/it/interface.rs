//! The crate's functions beside the plain reading of a text: parameters, subqueries, names, contexts.

use std::collections::BTreeMap;

use sparring_proto::connect as proto;

use proto::expression::literal::LiteralType;
use proto::expression::{ExprType, Literal};
use sparring_sql::{
    Parameters, QueryContext, RaisedBy, Statement, locate_name, parse_expression,
    parse_expression_and_subqueries, parse_multipart_identifier, parse_statement,
    parse_statement_with_params,
};

use crate::render;

fn literal(value: LiteralType) -> proto::Expression {
    proto::Expression {
        common: None,
        expr_type: Some(ExprType::Literal(Literal {
            data_type: None,
            literal_type: Some(value),
        })),
    }
}

fn tree(statement: Result<Statement, sparring_sql::ParseError>) -> String {
    match statement {
        Ok(Statement::Query(relation)) => render::relation(&relation),
        Ok(other) => format!("{other:?}"),
        Err(error) => error.message(),
    }
}

#[test]
fn parameters_are_replaced_wherever_an_expression_stands() {
    let parameters = Parameters {
        named: BTreeMap::from([
            ("n".to_string(), literal(LiteralType::Integer(7))),
            (
                "name".to_string(),
                literal(LiteralType::String("a.b".to_string())),
            ),
        ]),
        positional: vec![
            literal(LiteralType::Integer(1)),
            literal(LiteralType::Integer(2)),
        ],
        ..Parameters::default()
    };
    let read = |sql| tree(parse_statement_with_params(sql, &parameters));
    assert_eq!(
        read("select :n + x from identifier(:name) limit :n"),
        "Limit 7\n  Project [(+ 7 x)]\n    Read a.b\n"
    );
    assert_eq!(read("select ?, f(?)"), "Project [1, (f 2)]\n");
    let error = parse_statement_with_params("select ?, ?, ?", &parameters).expect_err("too few");
    assert_eq!(
        (error.class, error.parameters["name"].as_str()),
        ("UNBOUND_SQL_PARAMETER", "_13")
    );
    let error = parse_statement("select :m").expect_err("not bound");
    assert_eq!(error.raised_by, RaisedBy::Analyzer);
}

#[test]
fn subqueries_of_an_expression_come_with_it() {
    let parsed =
        parse_expression_and_subqueries("a in (select 1) and exists (select 2)").expect("read");
    assert_eq!(
        render::expression(&parsed.expression),
        "(and IN#-1[a] EXISTS#-2)"
    );
    assert_eq!(parsed.subqueries.len(), 2);
    let error = parse_expression("a = (select 1)").expect_err("refused");
    assert_eq!(error.class, "UNSUPPORTED_FEATURE.SUBQUERY_EXPRESSION");
}

#[test]
fn names_have_parts_and_places() {
    let parts = parse_multipart_identifier("a.`b.c`.`d``e`").expect("a name");
    assert_eq!(parts, ["a", "b.c", "d`e"]);
    let sql = "insert into\n  ü.`b c` values (1)".replace('ü', "main");
    let name = ["main".to_string(), "b c".to_string()];
    let place = locate_name(&sql, &name).expect("a place");
    assert_eq!(
        (place.line, place.position, place.fragment(&sql)),
        (2, 2, "main.`b c`")
    );
    assert_eq!(locate_name(&sql, &["nope".to_string()]), None);
}

#[test]
fn a_context_shows_its_lines_with_carets() {
    let sql = "select a,\n  1 /\n  0 as x\nfrom t";
    let context = QueryContext {
        line: 2,
        position: 2,
        start: 12,
        stop: 18,
        ..QueryContext::default()
    };
    assert_eq!(context.fragment(sql), "1 /\n  0");
    assert_eq!(
        context.summary(sql),
        "\n== SQL (line 2, position 3) ==\n  1 /\n  ^^^\n  0 as x\n^^^\n"
    );
    let of_view = QueryContext {
        object_type: "VIEW".to_string(),
        object_name: "v".to_string(),
        ..context
    };
    assert!(
        of_view
            .summary(sql)
            .starts_with("\n== SQL of VIEW v (line 2, position 3) ==\n")
    );
}

#[test]
fn positions_count_characters_and_not_bytes() {
    let error = parse_statement("select 'äöü',\n 'ä' from where x y").expect_err("wrong");
    assert_eq!((error.line, error.position, error.start), (2, 18, 32));
}
