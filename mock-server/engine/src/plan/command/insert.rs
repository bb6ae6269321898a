//! `INSERT`: rows into a table by place or by name, or into partitions of it; rows into a directory.

use arrow::datatypes::{Field, FieldRef, SchemaRef};
use datafusion::common::ScalarValue;
use sparring_proto::connect as proto;
use sparring_sql::statement::{Insert, InsertDirectory, PartitionValue};

use super::align::{By, align, arity, made, shown, stored};
use super::fill::{Fill, fill};
use super::replace_where::ReplaceWhere;
use super::result::nothing;
use super::statement::refused;
use super::{defaults, describe, overwritten, write};
use crate::error::{Error, QueryContext, Result};
use crate::functions::{CastMode, cast};
use crate::io::Format;
use crate::plan::context::Context;
use crate::plan::expression::evaluate;
use crate::plan::scope::Scope;
use crate::plan::sources::Sources;
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner, names};
use crate::types::names::quote;

/// Puts the rows of a query into a table.
pub(super) async fn insert(context: &Context, node: Insert) -> Result<proto::Relation> {
    for (set, what) in [
        (node.with_schema_evolution, "INSERT WITH SCHEMA EVOLUTION"),
        (!node.replace_using.is_empty(), "INSERT REPLACE USING"),
    ] {
        if set {
            return refused(what);
        }
    }
    let (name, table) = describe::table(context, &node.table, "INSERT")?;
    let replace = match node.replace_where {
        None => None,
        Some(_) if table.provider != Format::Delta.name() => {
            let error = Error::new("_LEGACY_ERROR_TEMP_1012", [("identifier", name.quoted())]);
            let place = Planner::new(context, &Sources::default()).origin(node.head.as_ref());
            return Err(error.at(place));
        }
        Some(condition) => {
            let subqueries = &node.subqueries;
            let by = ReplaceWhere::condition(context, condition, subqueries, &name.name)?;
            Some(by)
        }
    };
    let (partition, schema) = describe::columns(context, &node.table).await?;
    let place = {
        let sources = Sources::default();
        Planner::new(context, &sources).origin(node.head.as_ref())
    };
    let target = Target {
        context,
        name: name.quoted(),
        schema,
        partition,
        place,
    };
    let fixed = target.fixed(&node.partition)?;
    let given = target.given(&node.columns, &fixed)?;
    let fields: Vec<&Field> = match node.by_name {
        true => Vec::new(),
        false => given
            .iter()
            .map(|place| target.schema.field(*place))
            .collect(),
    };
    let query = defaults::put_in(node.query, &fields)?;
    let planned = crate::analyze::plan(context, &query).await?;
    let planned = match node.by_name {
        true if fixed.is_empty() => {
            align(context, planned, &target.schema, &target.name, By::Name)?
        }
        true => return refused("INSERT BY NAME into a partition"),
        false => target.rows(planned, &node.columns, &given, &fixed)?,
    };
    let dynamic =
        is_dynamic(context) && !target.partition.is_empty() && fixed.len() < target.partition.len();
    if node.overwrite && !dynamic && table.provider != Format::Delta.name() {
        overwritten::not_read(context, &query, &name)?;
    }
    let within = fixed
        .iter()
        .map(|(place, value)| target.text(*place, value))
        .collect::<Result<Vec<_>>>()?;
    if node.if_not_exists && super::fill::has_partition(context, &table, &within).await? {
        return nothing();
    }
    let how = Fill {
        by: By::Place,
        overwrite: node.overwrite || replace.is_some(),
        dynamic,
        within,
        replace,
        merge_schema: false,
        keeps_types: false,
        operation: "WRITE",
    };
    fill(context, &name, &table, planned, &how).await?;
    nothing()
}

/// `INSERT OVERWRITE DIRECTORY`: what `DataFrame.write` does with the mode `overwrite`.
pub(super) async fn directory(context: &Context, node: InsertDirectory) -> Result<proto::Relation> {
    let Some(format) = node.format else {
        return Err(Error::new(
            "NOT_SUPPORTED_COMMAND_WITHOUT_HIVE_SUPPORT",
            [("cmd", "INSERT OVERWRITE DIRECTORY with the Hive format")],
        ));
    };
    let mut operation = proto::WriteOperation {
        input: Some(node.query),
        source: Some(format),
        save_type: Some(proto::write_operation::SaveType::Path(node.path)),
        options: node.options.into_iter().collect(),
        ..Default::default()
    };
    operation.set_mode(proto::write_operation::SaveMode::Overwrite);
    write::write(context, &operation).await?;
    nothing()
}

/// Whether an overwrite replaces only the partitions that it writes.
fn is_dynamic(context: &Context) -> bool {
    let conf = context.session.conf();
    let mode = conf.option("spark.sql.sources.partitionOverwriteMode");
    mode.is_some_and(|mode| mode.eq_ignore_ascii_case("dynamic"))
}

/// The table that gets rows.
struct Target<'c> {
    context: &'c Context,
    /// As messages name it.
    name: String,
    schema: SchemaRef,
    partition: Vec<String>,
    /// The statement up to the query.
    place: Option<QueryContext>,
}

impl Target<'_> {
    fn find(&self, name: &str) -> Option<usize> {
        let mut fields = self.schema.fields().iter();
        fields.position(|field| self.context.same_name(field.name(), name))
    }

    fn is_partition(&self, name: &str) -> bool {
        let mut all = self.partition.iter();
        all.any(|known| self.context.same_name(known, name))
    }

    /// The columns to which PARTITION gives a value, with it.
    fn fixed(&self, partition: &[PartitionValue]) -> Result<Vec<(usize, Typed)>> {
        if partition.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(unknown) = partition
            .iter()
            .find(|value| !self.is_partition(&value.column))
        {
            return Err(Error::new(
                "PARTITIONS_NOT_FOUND",
                [
                    ("partitionList", quote(&unknown.column)),
                    ("tableName", self.name.clone()),
                ],
            ));
        }
        if partition.len() != self.partition.len() {
            let named: Vec<&str> = partition
                .iter()
                .map(|value| value.column.as_str())
                .collect();
            return Err(Error::new(
                "_LEGACY_ERROR_TEMP_1169",
                [
                    ("tableName", self.name.clone()),
                    ("normalizedPartSpec", named.join(",")),
                    ("partColNames", self.partition.join(",")),
                ],
            ));
        }
        let sources = Sources::default();
        let planner = Planner::new(self.context, &sources);
        let mut fixed = Vec::new();
        let mut open = false;
        for name in &self.partition {
            let same = |value: &&PartitionValue| self.context.same_name(&value.column, name);
            let value = partition
                .iter()
                .find(same)
                .and_then(|value| value.value.as_ref());
            let (Some(value), Some(place)) = (value, self.find(name)) else {
                open = true;
                continue;
            };
            if open {
                let all = format!("[{}]", self.partition.join(","));
                return Err(Error::new(
                    "_LEGACY_ERROR_TEMP_1147",
                    [("partColumns", all)],
                ));
            }
            let value = planner.resolve(value, &Scope::default())?;
            let to = self.schema.field(place).data_type();
            let mode = CastMode::implicit(self.context);
            let value = cast(self.context, value, to, mode, self.place.clone())?;
            let constant = evaluate(&value.expr)?;
            fixed.push((place, Typed::literal(constant, to.clone(), name.as_str())));
        }
        Ok(fixed)
    }

    /// The places of the columns that rows are given for.
    fn given(&self, columns: &[String], fixed: &[(usize, Typed)]) -> Result<Vec<usize>> {
        let is_fixed = |place: usize| fixed.iter().any(|(known, _)| *known == place);
        if columns.is_empty() {
            let all = 0..self.schema.fields().len();
            return Ok(all.filter(|place| !is_fixed(*place)).collect());
        }
        let mut places = Vec::with_capacity(columns.len());
        for column in columns {
            let Some(place) = self.find(column) else {
                return Err(self.unknown(column));
            };
            if places.contains(&place) {
                return Err(Error::new(
                    "COLUMN_ALREADY_EXISTS",
                    [("columnName", quote(&column.to_lowercase()))],
                ));
            }
            places.push(place);
        }
        if places.iter().any(|place| is_fixed(*place)) {
            let listed: Vec<String> = columns.iter().map(|column| quote(column)).collect();
            return Err(self.partition_arity(listed.join(", "), fixed));
        }
        Ok(places)
    }

    fn unknown(&self, column: &str) -> Error {
        let columns = self.schema.fields().iter().map(|field| {
            let (data_type, nullable) = (field.data_type().clone(), field.is_nullable());
            crate::plan::scope::Column::new(field.name().as_str(), data_type, nullable)
        });
        names::unresolved(&Scope::of(columns.collect()), &[column.to_owned()])
            .thrown_as(crate::error::Exception::Analysis)
            .at(self.place.clone())
    }

    fn partition_arity(&self, data: String, fixed: &[(usize, Typed)]) -> Error {
        let quoted = |fields: Vec<&FieldRef>| {
            let names: Vec<String> = fields.iter().map(|field| quote(field.name())).collect();
            names.join(", ")
        };
        let fields = self.schema.fields();
        let fixed = fixed.iter().map(|(place, _)| &fields[*place]);
        Error::new(
            "INSERT_PARTITION_COLUMN_ARITY_MISMATCH",
            [
                ("tableName", self.name.clone()),
                ("tableColumns", quoted(fields.iter().collect())),
                ("staticPartCols", quoted(fixed.collect())),
                ("dataColumns", data),
            ],
        )
    }

    /// The rows with all columns of the table, those that are given by place.
    fn rows(
        &self,
        planned: Planned,
        listed: &[String],
        given: &[usize],
        fixed: &[(usize, Typed)],
    ) -> Result<Planned> {
        let columns = planned.scope.columns.clone();
        let fields = self.schema.fields();
        if columns.len() != given.len() {
            if !fixed.is_empty() {
                return Err(self.partition_arity(shown(&columns), fixed));
            }
            if listed.is_empty() {
                let names = fields.iter().map(|field| field.name().as_str());
                return Err(arity(&self.name, names, &columns));
            }
            let names = listed.iter().map(String::as_str);
            return Err(arity(&self.name, names, &columns));
        }
        let mut list = Vec::with_capacity(fields.len());
        for (place, field) in fields.iter().enumerate() {
            let constant = fixed.iter().find(|(known, _)| *known == place);
            let value = match constant {
                Some((_, value)) => Some(value.clone()),
                None => {
                    let index = given.iter().position(|known| *known == place);
                    index.map(|index| Typed::column(&columns[index]))
                }
            };
            let stored = stored(self.context, value, field, &self.name, By::Place);
            list.push(stored.map_err(|error| match error.class() {
                // The old policy checks what every cast checks.
                Some(class) if class.starts_with("DATATYPE_MISMATCH") => {
                    self.mismatch(error, &columns, given, place)
                }
                _ => error,
            })?);
        }
        made(planned, list)
    }

    /// A cast that is not possible, shown as the value alone.
    fn mismatch(
        &self,
        error: Error,
        columns: &[crate::plan::scope::Column],
        given: &[usize],
        place: usize,
    ) -> Error {
        let index = given.iter().position(|known| *known == place);
        let error = match index.and_then(|index| columns.get(index)) {
            Some(column) => error.with("sqlExpr", format!("\"{}\"", column.name)),
            None => error,
        };
        error
            .thrown_as(crate::error::Exception::ExtendedAnalysis)
            .at(self.place.clone())
    }

    /// A partition's value as directories and Delta's log have it.
    fn text(&self, place: usize, value: &Typed) -> Result<(String, Option<String>)> {
        let name = self.schema.field(place).name().clone();
        let text = cast(
            self.context,
            value.clone(),
            &arrow::datatypes::DataType::Utf8,
            CastMode::Ansi,
            None,
        )?;
        Ok(match evaluate(&text.expr)? {
            ScalarValue::Utf8(Some(text)) => (name, Some(text)),
            _ => (name, None),
        })
    }
}
