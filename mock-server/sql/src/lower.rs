//! How Spark SQL is said in the proto tree: the nodes' constructors and the agreed forms.
//!
//! SQL lowers to what a DataFrame client sends, with PySpark's function names (`==`, `and`, `not`, `isNull`,
//! `%`, `when`, `in`, …; function names keep the case of the text and are looked up in any case). Where the
//! schema has no message, an [`UnresolvedFunction`] with `is_internal = true` and a name from [`internal`] is
//! used. Knows no grammar.
//!
//! # What the translator is to know
//! - **Origins** (`common.origin.jvm_origin`) hold line, position and start and stop index in characters;
//!   `sql_text` is left to the caller, who knows the text of the statement.
//! - **No FROM**: `Project.input` unset is one row without columns, as the protocol has it; below any other
//!   relation it is a `Project` without input and without expressions.
//! - **SELECT with GROUP BY or HAVING**: `Aggregate` with `GROUP_TYPE_UNSPECIFIED`: `aggregate_expressions` is
//!   the whole select list (a DataFrame's aggregate puts the grouping columns before it, this one does not).
//!   `grouping_expressions` may hold integer literals (ordinals), aliases of the select list and the internal
//!   functions `rollup`, `cube`, `grouping_sets` (whose arguments are `grouping_set`s) and `group_by_all`.
//!   Aggregates without GROUP BY are a `Project`, as `df.select(count("*"))` is.
//! - **HAVING** is a `Filter` right above that `Aggregate`; it may hold aggregates and grouping expressions that
//!   are not selected. **ORDER BY** is a `Sort` that may, as in a DataFrame, refer to columns of the relation
//!   below the select list; integer literals are ordinals; `order_by_all` sorts by every column.
//! - **QUALIFY** is a `Filter` whose condition is `qualify(condition)`: window functions are allowed there.
//! - **NATURAL JOIN**: the `join_condition` is `natural_join()`. A comma is an inner join without a condition.
//! - **LATERAL**, **LATERAL VIEW \[OUTER\]**: `LateralJoin` (inner, or left outer); the arguments of a table function
//!   on its right side see the columns of its left side.
//! - **WITH**: `WithRelations` whose references are `SubqueryAlias`es in the order of the text; each sees those
//!   before it, the root sees all, the innermost wins. A recursive one wraps its query in a `Hint` named
//!   [`internal::RECURSIVE_CTE`], whose optional parameter is MAX RECURSION LEVEL.
//! - **Subqueries** in expressions: `SubqueryExpression.plan_id` (negative, so that it meets no client's) names a
//!   reference of the nearest enclosing `WithRelations` that has it. Outer references are plain attributes.
//! - **VALUES**: an `UnresolvedTableValuedFunction` named [`internal::INLINE_TABLE`] whose arguments are one
//!   `struct(…)` per row; columns are `col1`, `col2`, … .
//! - **PIVOT**: `Aggregate` with `GROUP_TYPE_UNSPECIFIED` and `pivot` set: `pivot.col` (a `struct` for several),
//!   `grouping_expressions` are the pivot values (perhaps aliased), the implicit grouping is by all other columns.
//! - **UNPIVOT**: `Unpivot` with `ids = [unpivot_remaining()]`; `value_column_name` is a multipart identifier of
//!   the value columns' names; with several each value is an `unpivot_row(…)`, perhaps aliased. EXCLUDE NULLS is a `Filter` above.
//! - **TIMESTAMP'…'** without a zone depends on the session: `timestamp_literal(ntz [, zone])`, where the first
//!   argument is a `timestamp_ntz` literal; `timestamp_ltz_literal` the same for TIMESTAMP_LTZ.
//! - **Names without parentheses** (`current_date`, `current_user`, …) are attributes; if no column has that name
//!   they are the function, as in Spark.
//! - **DEFAULT** in place of a value in INSERT, UPDATE and MERGE is the attribute `DEFAULT`, as in Spark.
//! - **Time travel**: options `versionAsOf` and `timestampAsOf` of the named table; a timestamp that is not a
//!   plain string is SQL text in `timestampAsOfExpression`.

use sparring_proto::connect as proto;

use proto::expression::literal::LiteralType;
use proto::expression::{ExprType, Literal, UnresolvedFunction};
use proto::relation::RelType;
use proto::{Expression, Relation};

/// Names of the internal functions and relations that SQL lowers to and no client sends.
pub mod internal {
    /// `filter_aggregate(call, condition)`: `call FILTER (WHERE condition)`.
    pub const FILTER_AGGREGATE: &str = "filter_aggregate";
    /// `within_group(call, sort order…)`: `call WITHIN GROUP (ORDER BY …)`.
    pub const WITHIN_GROUP: &str = "within_group";
    /// `ignore_nulls(call)`: `call IGNORE NULLS`.
    pub const IGNORE_NULLS: &str = "ignore_nulls";
    /// `star_except(star, column…)`: `* EXCEPT (column, …)`.
    pub const STAR_EXCEPT: &str = "star_except";
    /// `rollup(set…)` in a GROUP BY; a set is a `grouping_set`.
    pub const ROLLUP: &str = "rollup";
    /// `cube(set…)` in a GROUP BY; a set is a `grouping_set`.
    pub const CUBE: &str = "cube";
    /// `grouping_sets(set…)` in a GROUP BY; a set is a `grouping_set`, `rollup`, `cube` or `grouping_sets`.
    pub const GROUPING_SETS: &str = "grouping_sets";
    /// `grouping_set(expression…)`: one set.
    pub const GROUPING_SET: &str = "grouping_set";
    /// `group_by_all()`: GROUP BY ALL.
    pub const GROUP_BY_ALL: &str = "group_by_all";
    /// `order_by_all()`: ORDER BY ALL.
    pub const ORDER_BY_ALL: &str = "order_by_all";
    /// `row(value…)`: `(a, b AS c, 1)`, a struct whose fields are named after columns and aliases, else `colN`.
    pub const ROW: &str = "row";
    /// `qualify(condition)`: QUALIFY.
    pub const QUALIFY: &str = "qualify";
    /// `natural_join()`: the condition of a NATURAL JOIN.
    pub const NATURAL_JOIN: &str = "natural_join";
    /// `unpivot_remaining()`: all columns that an UNPIVOT does not name.
    pub const UNPIVOT_REMAINING: &str = "unpivot_remaining";
    /// `unpivot_row(column…)`: one set of value columns of an UNPIVOT.
    pub const UNPIVOT_ROW: &str = "unpivot_row";
    /// `timestamp_literal(ntz [, zone])`: TIMESTAMP'…', local time in the zone or the session's.
    pub const TIMESTAMP_LITERAL: &str = "timestamp_literal";
    /// `timestamp_ltz_literal(ntz [, zone])`: TIMESTAMP_LTZ'…'.
    pub const TIMESTAMP_LTZ_LITERAL: &str = "timestamp_ltz_literal";
    /// `extract_path(column, path)`: Databricks' `column:path`, of JSON text or a variant; the path is one
    /// of `get_json_object`.
    pub const EXTRACT_PATH: &str = "extract_path";
    /// `like_any(value, pattern…)`: `value LIKE ANY (pattern, …)`; `not_like_any` asks whether any does not match.
    pub const LIKE_ANY: &str = "like_any";
    /// `like_all(value, pattern…)`: `value LIKE ALL (pattern, …)`; `not_like_all` asks whether none matches.
    pub const LIKE_ALL: &str = "like_all";
    /// `is_unknown(boolean)`: `boolean IS UNKNOWN`.
    pub const IS_UNKNOWN: &str = "is_unknown";
    /// Table function of VALUES.
    pub const INLINE_TABLE: &str = "values";
    /// Hint around a recursive WITH query.
    pub const RECURSIVE_CTE: &str = "recursive_cte";
}

/// An expression without an origin.
pub(crate) fn expression(expr_type: ExprType) -> Expression {
    Expression {
        common: None,
        expr_type: Some(expr_type),
    }
}

/// A literal expression.
pub(crate) fn literal(literal_type: LiteralType) -> Expression {
    expression(ExprType::Literal(Literal {
        data_type: None,
        literal_type: Some(literal_type),
    }))
}

/// A string literal.
pub(crate) fn string(value: impl Into<String>) -> Expression {
    literal(LiteralType::String(value.into()))
}

/// A function call by Spark's name.
pub(crate) fn function(name: &str, arguments: Vec<Expression>) -> Expression {
    expression(ExprType::UnresolvedFunction(UnresolvedFunction {
        function_name: name.to_string(),
        arguments,
        ..Default::default()
    }))
}

/// A call of one of the [`internal`] functions.
pub(crate) fn internal_function(name: &str, arguments: Vec<Expression>) -> Expression {
    expression(ExprType::UnresolvedFunction(UnresolvedFunction {
        function_name: name.to_string(),
        arguments,
        is_internal: Some(true),
        ..Default::default()
    }))
}

/// A column by its parts.
pub(crate) fn attribute(unparsed_identifier: String) -> Expression {
    expression(ExprType::UnresolvedAttribute(
        proto::expression::UnresolvedAttribute {
            unparsed_identifier,
            plan_id: None,
            is_metadata_column: None,
        },
    ))
}

/// `child[extraction]`, which is also `child.field` with a string literal.
pub(crate) fn extract_value(child: Expression, extraction: Expression) -> Expression {
    expression(ExprType::UnresolvedExtractValue(Box::new(
        proto::expression::UnresolvedExtractValue {
            child: Some(Box::new(child)),
            extraction: Some(Box::new(extraction)),
        },
    )))
}

/// `child AS name`.
pub(crate) fn alias(child: Expression, name: Vec<String>) -> Expression {
    expression(ExprType::Alias(Box::new(proto::expression::Alias {
        expr: Some(Box::new(child)),
        name,
        metadata: None,
    })))
}

/// A relation without plan id and origin.
pub(crate) fn relation(rel_type: RelType) -> Relation {
    Relation {
        common: None,
        rel_type: Some(rel_type),
    }
}

/// One row without columns: what a SELECT without FROM reads.
pub(crate) fn one_row() -> Relation {
    relation(RelType::Project(Box::default()))
}

/// Rows of `input` for which the condition is true.
pub(crate) fn filter(input: Relation, condition: Expression) -> Relation {
    relation(RelType::Filter(Box::new(proto::Filter {
        input: Some(Box::new(input)),
        condition: Some(condition),
    })))
}

/// `input AS alias (columns…)`.
pub(crate) fn subquery_alias(input: Relation, alias: String, columns: Vec<String>) -> Relation {
    let input = if columns.is_empty() {
        input
    } else {
        to_df(input, columns)
    };
    relation(RelType::SubqueryAlias(Box::new(proto::SubqueryAlias {
        input: Some(Box::new(input)),
        alias,
        qualifier: Vec::new(),
    })))
}

/// All columns renamed.
pub(crate) fn to_df(input: Relation, column_names: Vec<String>) -> Relation {
    relation(RelType::ToDf(Box::new(proto::ToDf {
        input: Some(Box::new(input)),
        column_names,
    })))
}

/// `root` together with the relations it refers to; `root` itself if there are none.
pub(crate) fn with_relations(root: Relation, references: Vec<Relation>) -> Relation {
    if references.is_empty() {
        return root;
    }
    relation(RelType::WithRelations(Box::new(proto::WithRelations {
        root: Some(Box::new(root)),
        references,
    })))
}
