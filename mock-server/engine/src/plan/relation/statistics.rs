//! `describe`, `summary`, and the statistics of `df.stat`, after Spark's `StatFunctions`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, ListArray, StringArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
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

    /// `StatApproxQuantile`: exact, which every permitted error allows.
    pub(super) fn approx_quantile(&self, node: &proto::StatApproxQuantile) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("approx_quantile.input")?)?;
        if node.probabilities.iter().any(|p| !(0.0..=1.0).contains(p)) {
            return Err(Error::plain(
                Exception::IllegalArgument,
                "requirement failed: percentile should be in the range [0.0, 1.0]",
            ));
        }
        if node.relative_error < 0.0 {
            return Err(Error::plain(
                Exception::IllegalArgument,
                format!(
                    "requirement failed: Relative Error must be non-negative but got {}",
                    node.relative_error
                ),
            ));
        }
        let mode = CastMode::implicit(self.context);
        let mut items = Vec::with_capacity(node.cols.len());
        for id in self.named_columns(&input, &node.cols)? {
            let Some(column) = input.scope.by_id(id) else {
                continue;
            };
            if !is_numeric(&column.data_type) {
                return Err(Error::plain(
                    Exception::IllegalArgument,
                    format!(
                        "requirement failed: Quantile calculation for column {} with data type {} is not supported.",
                        column.name,
                        crate::types::json::to_json(&column.data_type)
                    ),
                ));
            }
            let value = cast(
                self.context,
                Typed::column(column),
                &DataType::Float64,
                mode,
                None,
            )?;
            items.push(Item::Value(value.aliased(Arc::clone(&column.name))));
        }
        let width = items.len();
        let numbers = self.select(input, items)?;
        let rows = self.rows(b"quantile", node.encode_to_vec(), numbers)?;
        let mut lists: Vec<Vec<f64>> = Vec::with_capacity(width);
        for column in 0..width {
            let mut sorted: Vec<f64> = rows
                .batches
                .iter()
                .flat_map(|batch| batch.column(column).as_primitive::<Float64Type>().iter())
                .flatten()
                .filter(|value| !value.is_nan())
                .collect();
            sorted.sort_by(f64::total_cmp);
            lists.push(
                node.probabilities
                    .iter()
                    .filter_map(|p| at_quantile(&sorted, *p))
                    .collect(),
            );
        }
        let lengths: Vec<usize> = lists.iter().map(Vec::len).collect();
        let inner = Field::new("element", DataType::Float64, true);
        let inner = ListArray::try_new(
            Arc::new(inner),
            OffsetBuffer::from_lengths(lengths),
            Arc::new(Float64Array::from_iter_values(lists.into_iter().flatten())),
            None,
        )?;
        let element = Field::new("element", inner.data_type().clone(), true);
        let outer = ListArray::try_new(
            Arc::new(element),
            OffsetBuffer::from_lengths([width]),
            Arc::new(inner),
            None,
        )?;
        let schema = Arc::new(Schema::new(vec![Field::new(
            "approx_quantile",
            outer.data_type().clone(),
            false,
        )]));
        let batch = kernels::batch(Arc::clone(&schema), vec![Arc::new(outer)], 1)?;
        local::table(schema, vec![batch])
    }

    /// `StatFreqItems`: values that may occur in more than a share of the rows.
    pub(super) fn freq_items(&self, node: &proto::StatFreqItems) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("freq_items.input")?)?;
        let support = node.support.unwrap_or(0.01);
        if !(1e-4..=1.0).contains(&support) {
            return Err(Error::plain(
                Exception::IllegalArgument,
                format!("requirement failed: Support must be in [1e-4, 1], but got {support}."),
            ));
        }
        let columns: Vec<Column> = self
            .named_columns(&input, &node.cols)?
            .into_iter()
            .filter_map(|id| input.scope.by_id(id).cloned())
            .collect();
        let items = columns
            .iter()
            .map(|c| Item::Value(Typed::column(c)))
            .collect();
        let chosen = self.select(input, items)?;
        let rows = self.rows(b"frequent", node.encode_to_vec(), chosen)?;
        // The reciprocal is at most ten thousand.
        let size = (1.0 / support) as usize;
        let whole = arrow::compute::concat_batches(&rows.schema, &rows.batches)?;
        let mut fields = Vec::with_capacity(columns.len());
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
        for (array, column) in whole.columns().iter().zip(&columns) {
            let mut counter: Vec<(ScalarValue, usize, i64)> = Vec::new();
            for row in 0..array.len() {
                count(
                    &mut counter,
                    size,
                    ScalarValue::try_from_array(array, row)?,
                    row,
                );
            }
            let places: Vec<u64> = counter
                .iter()
                .map(|(_, row, _)| u64::try_from(*row).unwrap_or(0))
                .collect();
            let places = arrow::array::UInt64Array::from(places);
            let values = arrow::compute::take(array, &places, None)?;
            let element = Field::new("element", column.data_type.clone(), true);
            let found = ListArray::try_new(
                Arc::new(element),
                OffsetBuffer::from_lengths([values.len()]),
                values,
                None,
            )?;
            fields.push(Field::new(
                format!("{}_freqItems", column.name),
                found.data_type().clone(),
                false,
            ));
            arrays.push(Arc::new(found));
        }
        let schema = Arc::new(Schema::new(fields));
        let batch = kernels::batch(Arc::clone(&schema), arrays, 1)?;
        local::table(schema, vec![batch])
    }
}

/// One more value for the counters of Karp, Shenker and Papadimitriou, of which there are at most
/// `size`; each remembers a row that holds its value.
fn count(
    counter: &mut Vec<(ScalarValue, usize, i64)>,
    size: usize,
    value: ScalarValue,
    row: usize,
) {
    if let Some((_, _, known)) = counter.iter_mut().find(|(held, _, _)| *held == value) {
        *known += 1;
        return;
    }
    if counter.len() < size {
        counter.push((value, row, 1));
        return;
    }
    let least = counter
        .iter()
        .map(|(_, _, count)| *count)
        .min()
        .unwrap_or(0);
    if least <= 1 {
        counter.push((value, row, 1));
        counter.retain(|(_, _, count)| *count > least);
        counter.iter_mut().for_each(|(_, _, count)| *count -= least);
    } else {
        counter.iter_mut().for_each(|(_, _, count)| *count -= 1);
    }
}

/// The value below which a share of sorted values lies, by rank.
fn at_quantile(sorted: &[f64], probability: f64) -> Option<f64> {
    let n = sorted.len();
    let rank = (probability * n as f64).ceil() as usize;
    sorted.get(rank.clamp(1, n.max(1)) - 1).copied()
}
