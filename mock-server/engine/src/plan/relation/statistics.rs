//! `describe`, `summary`, and the statistics of `df.stat`, after Spark's `StatFunctions`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::ScalarValue;
use prost::Message;
use sparring_proto::Required;
use sparring_proto::connect::{self as proto};

use super::local;
use crate::error::{Error, Exception, Result};
use crate::functions::kernel::Kernel;
use crate::functions::{self, Call, CastMode, Generator, cast, kernels};
use crate::plan::expression::Item;
use crate::plan::scope::Column;
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner};
use crate::types::arrow::list;
use crate::types::coerce::is_numeric;

const DESCRIBED: [&str; 5] = ["count", "mean", "stddev", "min", "max"];
const SUMMARISED: [&str; 8] = ["count", "mean", "stddev", "min", "25%", "50%", "75%", "max"];

impl Planner<'_> {
    /// `StatDescribe`: count, mean, stddev, min and max of numeric and text columns.
    pub(super) fn describe(&self, node: &proto::StatDescribe) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("describe.input")?)?;
        let named = self.named_columns(&input, &node.cols)?;
        let columns: Vec<Column> = if named.is_empty() {
            input.scope.columns.clone()
        } else {
            named
                .iter()
                .filter_map(|id| input.scope.by_id(*id).cloned())
                .collect()
        };
        let statistics = DESCRIBED.iter().map(|s| (*s).to_owned()).collect();
        self.statistics(input, columns, statistics)
    }

    /// `StatSummary`: the same with quartiles, or the statistics that the client names.
    pub(super) fn summary(&self, node: &proto::StatSummary) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("summary.input")?)?;
        let columns = input.scope.columns.clone();
        let statistics = if node.statistics.is_empty() {
            SUMMARISED.iter().map(|s| (*s).to_owned()).collect()
        } else {
            node.statistics.clone()
        };
        self.statistics(input, columns, statistics)
    }

    fn statistics(
        &self,
        input: Planned,
        columns: Vec<Column>,
        statistics: Vec<String>,
    ) -> Result<Planned> {
        let columns: Vec<Column> = columns
            .into_iter()
            .filter(|column| is_numeric(&column.data_type) || column.data_type == DataType::Utf8)
            .collect();
        let mut cells: Vec<Typed> = Vec::with_capacity(columns.len() * statistics.len());
        for statistic in &statistics {
            for column in &columns {
                cells.push(self.statistic(statistic, column)?);
            }
        }
        let one_row = if cells.is_empty() {
            super::project::one_row()
        } else {
            self.global_aggregate(input, cells)?
        };
        let mut outputs = vec![Column::new("summary", DataType::Utf8, false)];
        outputs.extend(
            columns
                .iter()
                .map(|column| Column::new(Arc::clone(&column.name), DataType::Utf8, true)),
        );
        let args = one_row.scope.columns.iter().map(Column::expr).collect();
        let width = columns.len();
        let item = DataType::Struct(
            outputs
                .iter()
                .enumerate()
                .map(|(place, column)| {
                    Arc::new(Field::new(
                        format!("c{place}"),
                        DataType::Utf8,
                        column.nullable,
                    ))
                })
                .collect(),
        );
        let item_type = item.clone();
        let list = Kernel::call(
            "statistics",
            format!("{statistics:?} {width}"),
            (list(item, false), false),
            args,
            move |args| {
                let cells = args.arrays()?;
                let n = statistics.len();
                let mut fields: Vec<ArrayRef> = vec![Arc::new(StringArray::from(
                    statistics
                        .iter()
                        .map(String::as_str)
                        .cycle()
                        .take(n * args.rows)
                        .collect::<Vec<_>>(),
                ))];
                for column in 0..width {
                    let texts: StringArray = (0..args.rows)
                        .flat_map(|row| (0..n).map(move |statistic| (row, statistic)))
                        .map(|(row, statistic)| {
                            let array = cells.get(statistic * width + column)?;
                            let array = array.as_string::<i32>();
                            array.is_valid(row).then(|| array.value(row))
                        })
                        .collect();
                    fields.push(Arc::new(texts));
                }
                let DataType::Struct(types) = &item_type else {
                    return Err(Error::internal("a summary is no struct"));
                };
                let rows = arrow::array::StructArray::try_new(types.clone(), fields, None)?;
                Ok(Arc::new(ListArray::try_new(
                    Arc::new(Field::new("element", item_type.clone(), false)),
                    OffsetBuffer::from_lengths(std::iter::repeat_n(n, args.rows)),
                    Arc::new(rows),
                    None,
                )?))
            },
        );
        let generator = Generator {
            list,
            columns: outputs.clone(),
            is_struct: true,
            outer: false,
        };
        let rows = super::generate::unnest(one_row, generator)?;
        let items = outputs
            .iter()
            .map(|column| {
                // Spark calls every column of a summary nullable.
                let mut value = Typed::column(column);
                value.nullable = true;
                Item::Value(value.aliased(Arc::clone(&column.name)))
            })
            .collect();
        self.select(rows, items)
    }

    /// One statistic of one column, as text.
    fn statistic(&self, statistic: &str, column: &Column) -> Result<Typed> {
        let value = Typed::column(column);
        let number = |planner: &Self| -> Result<Typed> {
            // Texts that are no numbers count as null, whatever the ANSI mode.
            cast(
                planner.context,
                value.clone(),
                &DataType::Float64,
                CastMode::Try,
                None,
            )
        };
        let lower = statistic.to_lowercase();
        let result = match lower.as_str() {
            "count" => self.aggregate_of("count", vec![value], false)?,
            "count_distinct" => self.aggregate_of("count", vec![value], true)?,
            "approx_count_distinct" => {
                self.aggregate_of("approx_count_distinct", vec![value], false)?
            }
            "mean" => self.aggregate_of("avg", vec![number(self)?], false)?,
            "stddev" => self.aggregate_of("stddev_samp", vec![number(self)?], false)?,
            "min" => self.aggregate_of("min", vec![value], false)?,
            "max" => self.aggregate_of("max", vec![value], false)?,
            text => {
                let percent: f64 = text
                    .strip_suffix('%')
                    .and_then(|digits| digits.parse().ok())
                    .ok_or_else(|| {
                        Error::new(
                            "UNRECOGNIZED_STATISTIC",
                            [("stats", format!("'{statistic}'"))],
                        )
                    })?;
                let share = percent / 100.0;
                if !(0.0..=1.0).contains(&share) {
                    return Err(Error::plain(
                        Exception::IllegalArgument,
                        "requirement failed: Percentiles must be in the range [0, 1]",
                    ));
                }
                let share =
                    Typed::literal(ScalarValue::Float64(Some(share)), DataType::Float64, text);
                let ranked = match column.data_type {
                    DataType::Utf8 => number(self)?,
                    _ => value,
                };
                self.aggregate_of("percentile_approx", vec![ranked, share], false)?
            }
        };
        let mode = CastMode::implicit(self.context);
        let text = cast(self.context, result, &DataType::Utf8, mode, None)?;
        Ok(text.aliased(Arc::clone(&column.name)))
    }

    fn aggregate_of(&self, name: &'static str, args: Vec<Typed>, distinct: bool) -> Result<Typed> {
        functions::aggregate_call(Call {
            context: self.context,
            name,
            args,
            distinct,
            filter: None,
            ignore_nulls: false,
            origin: None,
        })
    }

    /// `StatCov` and `StatCorr`: one number for two numeric columns.
    pub(super) fn pair_statistic(
        &self,
        input: Option<&proto::Relation>,
        names: [&str; 2],
        function: &'static str,
        output: &str,
    ) -> Result<Planned> {
        let input = self.relation(input.required("statistic.input")?)?;
        let named = names.map(str::to_owned);
        let mode = CastMode::implicit(self.context);
        let mut args = Vec::with_capacity(2);
        for id in self.named_columns(&input, &named)? {
            let Some(column) = input.scope.by_id(id) else {
                continue;
            };
            if !is_numeric(&column.data_type) {
                return Err(Error::plain(
                    Exception::IllegalArgument,
                    format!(
                        "requirement failed: Currently {} calculation for columns with dataType {} not supported.",
                        if output == "cov" {
                            "covariance"
                        } else {
                            "correlation"
                        },
                        crate::types::simple_string(&column.data_type)
                    ),
                ));
            }
            let number = cast(
                self.context,
                Typed::column(column),
                &DataType::Float64,
                mode,
                None,
            )?;
            // `StatFunctions` reads a null as zero.
            let zero = Typed::literal(ScalarValue::Float64(Some(0.0)), DataType::Float64, "0.0");
            args.push(functions::call(
                self.context,
                "coalesce",
                vec![number, zero],
            )?);
        }
        let value = self.aggregate_of(function, args, false)?;
        self.global_aggregate(input, vec![value.aliased(output)])
    }

    /// `StatCrosstab`: how often each pair of values occurs; a column for each second value.
    pub(super) fn crosstab(&self, node: &proto::StatCrosstab) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("crosstab.input")?)?;
        let named = self.named_columns(&input, &[node.col1.clone(), node.col2.clone()])?;
        let mode = CastMode::implicit(self.context);
        let mut items = Vec::with_capacity(2);
        for id in named {
            if let Some(column) = input.scope.by_id(id) {
                let text = cast(
                    self.context,
                    Typed::column(column),
                    &DataType::Utf8,
                    mode,
                    None,
                )?;
                items.push(Item::Value(text.aliased(Arc::clone(&column.name))));
            }
        }
        let pairs = self.select(input, items)?;
        let rows = self.rows(b"crosstab", node.encode_to_vec(), pairs)?;
        let mut counts: std::collections::BTreeMap<
            String,
            std::collections::BTreeMap<String, i64>,
        > = std::collections::BTreeMap::new();
        let mut seconds = std::collections::BTreeSet::new();
        let text = |array: &ArrayRef, row: usize| -> String {
            let array = array.as_string::<i32>();
            if array.is_valid(row) {
                array.value(row).to_owned()
            } else {
                "null".to_owned()
            }
        };
        for batch in &rows.batches {
            for row in 0..batch.num_rows() {
                let second = text(batch.column(1), row);
                seconds.insert(second.clone());
                *counts
                    .entry(text(batch.column(0), row))
                    .or_default()
                    .entry(second)
                    .or_default() += 1;
            }
        }
        let mut fields = vec![Field::new(
            format!("{}_{}", node.col1, node.col2),
            DataType::Utf8,
            true,
        )];
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(StringArray::from_iter_values(counts.keys()))];
        for second in &seconds {
            fields.push(Field::new(second, DataType::Int64, false));
            columns.push(Arc::new(arrow::array::Int64Array::from_iter_values(
                counts
                    .values()
                    .map(|row| row.get(second).copied().unwrap_or(0)),
            )));
        }
        let schema = Arc::new(Schema::new(fields));
        let batch = kernels::batch(Arc::clone(&schema), columns, counts.len())?;
        local::table(schema, vec![batch])
    }
}
