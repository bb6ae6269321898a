//! Rows that come with the plan: `createDataFrame`, `range`, inline tables.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamDecoder;
use bytes::Bytes;
use datafusion::catalog::MemTable;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::LogicalPlanBuilder;
use prost::Message;
use sparring_proto::connect::{self as proto};

use super::read::scan;
use crate::error::{Error, Result};
use crate::functions::{CastMode, kernels};
use crate::io::range::Range;
use crate::plan::{Planned, Planner};
use crate::types::arrow::{normalize, relabel, same_shape};
use crate::types::proto::parse;

impl Planner<'_> {
    /// `LocalRelation`: an Arrow IPC stream, a schema, or both.
    pub(super) fn local_relation(&self, node: &proto::LocalRelation) -> Result<Planned> {
        let schema = node.schema.as_deref().filter(|text| !text.is_empty());
        let declared = schema.map(parse).transpose()?;
        let batches = match &node.data {
            Some(data) if !data.is_empty() => ipc(std::slice::from_ref(data))?,
            _ => Vec::new(),
        };
        self.local_rows(batches, declared)
    }

    /// `CachedLocalRelation`: a serialised `LocalRelation` among the artifacts.
    pub(super) fn cached_local_relation(
        &self,
        node: &proto::CachedLocalRelation,
    ) -> Result<Planned> {
        let bytes = self.cached(&node.hash)?;
        let relation = proto::LocalRelation::decode(bytes).map_err(|error| {
            Error::invalid_plan(format!("the cached local relation {}: {error}", node.hash))
        })?;
        self.local_relation(&relation)
    }

    /// `ChunkedCachedLocalRelation`: Arrow IPC streams and a schema among the artifacts.
    pub(super) fn chunked_local_relation(
        &self,
        node: &proto::ChunkedCachedLocalRelation,
    ) -> Result<Planned> {
        if node.data_hashes.is_empty() {
            return Err(Error::invalid_plan(
                "ChunkedCachedLocalRelation should contain data.",
            ));
        }
        let declared = match node.schema_hash.as_deref().filter(|hash| !hash.is_empty()) {
            Some(hash) => {
                let bytes = self.cached(hash)?;
                let text = std::str::from_utf8(&bytes).map_err(|_| {
                    Error::invalid_plan("the schema of a local relation is not UTF-8")
                })?;
                Some(parse(text)?)
            }
            None => None,
        };
        let chunks = node
            .data_hashes
            .iter()
            .map(|hash| self.cached(hash))
            .collect::<Result<Vec<_>>>()?;
        self.local_rows(ipc(&chunks)?, declared)
    }

    fn cached(&self, hash: &str) -> Result<Bytes> {
        self.context
            .session
            .artifact(&format!("cache/{hash}"))
            .ok_or_else(|| {
                Error::invalid_plan(format!(
                    "Cannot find a cached local relation for hash: {hash}"
                ))
            })
    }

    /// Uploaded batches as a relation: columns are matched by place and cast to the declared
    /// schema, whose names may differ and repeat.
    fn local_rows(&self, batches: Vec<RecordBatch>, declared: Option<DataType>) -> Result<Planned> {
        let fields = match declared {
            Some(DataType::Struct(fields)) => fields.to_vec(),
            // A single type is a column named `value`, as `createDataFrame([1, 2], "int")`.
            Some(single) => vec![Arc::new(Field::new("value", single, true))],
            None => match batches.first() {
                None => {
                    return Err(Error::invalid_plan(
                        "Schema for LocalRelation is required when the input data is not provided.",
                    ));
                }
                Some(first) => first
                    .schema()
                    .fields()
                    .iter()
                    .map(|f| {
                        Arc::new(Field::new(
                            f.name(),
                            normalize(f.data_type()),
                            f.is_nullable(),
                        ))
                    })
                    .collect(),
            },
        };
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let batches = batches
            .into_iter()
            .map(|batch| self.fitted(batch, &schema))
            .collect::<Result<Vec<_>>>()?;
        table(schema, batches)
    }

    /// Takes the batch, so that each column is gone when its cast is made.
    fn fitted(&self, batch: RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
        if batch.num_columns() != schema.fields().len() {
            return Err(Error::invalid_plan(format!(
                "a local relation has {} columns and a schema of {}",
                batch.num_columns(),
                schema.fields().len()
            )));
        }
        let (_, columns, n_rows) = batch.into_parts();
        for column in &columns {
            taken(column.data_type())?;
        }
        let columns = columns
            .into_iter()
            .zip(schema.fields())
            .map(|(column, field)| self.fit(&column, field.data_type()))
            .collect::<Result<Vec<_>>>()?;
        kernels::batch(Arc::clone(schema), columns, n_rows)
    }

    fn fit(&self, column: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
        let from = normalize(column.data_type());
        let column = if from == *column.data_type() {
            Arc::clone(column)
        } else if same_shape(column.data_type(), &from) {
            relabel(column, &from)?
        } else {
            relabel(&arrow::compute::cast(column, &from)?, &from)?
        };
        if same_shape(&from, to) {
            return relabel(&column, to);
        }
        let job = kernels::cast::Cast {
            from,
            to: to.clone(),
            mode: CastMode::implicit(self.context),
            time_zone: self.context.time_zone,
            now_us: self.context.now_us,
            origin: None,
            fields: None,
        };
        relabel(&job.run(&column)?, to)
    }

    /// `Range`: one column `id`.
    pub(super) fn range(&self, node: &proto::Range) -> Result<Planned> {
        if node.step == 0 {
            return Err(Error::plain(
                crate::error::Exception::IllegalArgument,
                "requirement failed: step (0) cannot be 0",
            ));
        }
        let numbers = Range::new(node.start.unwrap_or(0), node.end, node.step);
        // One partition, unless the client says otherwise.
        range_of(numbers.split(node.num_partitions.unwrap_or(1)))
    }
}

/// Numbers as a relation.
pub(super) fn range_of(numbers: Range) -> Result<Planned> {
    let schema = numbers.schema_ref();
    let identity = numbers.identity();
    scan(
        &identity,
        provider_as_source(Arc::new(numbers)),
        &schema,
        &[],
    )
}

/// Batches as a relation.
pub(crate) fn table(schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<Planned> {
    // DataFusion wants distinct names; the scope keeps the real ones.
    let internal: Vec<Field> = schema
        .fields()
        .iter()
        .enumerate()
        .map(|(index, field)| {
            Field::new(
                format!("c{index}"),
                field.data_type().clone(),
                field.is_nullable(),
            )
        })
        .collect();
    let internal = Arc::new(Schema::new(internal));
    let batches = batches
        .into_iter()
        .map(|batch| {
            kernels::batch(
                Arc::clone(&internal),
                batch.columns().to_vec(),
                batch.num_rows(),
            )
        })
        .collect::<Result<Vec<_>>>()?;
    let identity = identity(&batches);
    let provider = MemTable::try_new(internal, vec![batches])?;
    scan(
        &identity,
        provider_as_source(Arc::new(provider)),
        &schema,
        &[],
    )
}

/// Equal rows have equal identities; the buffers are hashed as they lie.
fn identity(batches: &[RecordBatch]) -> String {
    use std::hash::Hasher;
    fn add(hasher: &mut twox_hash::XxHash64, data: &arrow::array::ArrayData) {
        hasher.write_usize(data.len());
        hasher.write_usize(data.offset());
        data.buffers()
            .iter()
            .for_each(|buffer| hasher.write(buffer));
        if let Some(nulls) = data.nulls() {
            hasher.write(nulls.validity());
        }
        data.child_data()
            .iter()
            .for_each(|child| add(hasher, child));
    }
    let mut hasher = twox_hash::XxHash64::with_seed(0);
    for batch in batches {
        for column in batch.columns() {
            hasher.write(column.data_type().to_string().as_bytes());
            add(&mut hasher, &column.to_data());
        }
        hasher.write_usize(batch.num_rows());
    }
    format!("rows {:016x}", hasher.finish())
}

/// The batches of IPC streams. Their columns lie in the message that brought them where it is
/// aligned, and are copied once where it is not: an upload may be as large as clients can send.
fn ipc(chunks: &[Bytes]) -> Result<Vec<RecordBatch>> {
    let unreadable =
        |error| Error::invalid_plan(format!("a local relation is no Arrow stream: {error}"));
    let mut batches = Vec::new();
    for chunk in chunks {
        let mut decoder = StreamDecoder::new();
        let mut rest = Buffer::from(chunk.clone());
        let before = batches.len();
        while let Some(batch) = decoder.decode(&mut rest).map_err(unreadable)? {
            batches.push(batch);
        }
        decoder.finish().map_err(unreadable)?;
        if batches.len() == before {
            let schema = decoder
                .schema()
                .ok_or_else(|| unreadable(ArrowError::IpcError("it has no schema".to_owned())))?;
            batches.push(RecordBatch::new_empty(schema));
        }
    }
    Ok(batches)
}

/// The columns of a scan under internal names.
pub(super) fn renamed(
    builder: LogicalPlanBuilder,
    schema: &Schema,
    qualifier: &[String],
) -> Result<Planned> {
    use crate::plan::scope::{Column, Scope};
    use datafusion::logical_expr::Expr;
    let qualifier: Arc<[String]> = qualifier.into();
    let plan = builder.build()?;
    let mut columns = Vec::with_capacity(schema.fields().len());
    let mut exprs = Vec::with_capacity(schema.fields().len());
    for (index, field) in schema.fields().iter().enumerate() {
        let mut column = Column::new(
            field.name().as_str(),
            field.data_type().clone(),
            field.is_nullable(),
        );
        column.metadata = Arc::new(field.metadata().clone());
        column.qualifier = Arc::clone(&qualifier);
        let (table, inner) = plan.schema().qualified_field(index);
        let source = Expr::Column(datafusion::common::Column::new(
            table.cloned(),
            inner.name(),
        ));
        exprs.push(source.alias(column.id.internal_name()));
        columns.push(column);
    }
    let plan = if exprs.is_empty() {
        plan
    } else {
        LogicalPlanBuilder::from(plan).project(exprs)?.build()?
    };
    Ok(Planned::new(plan, Scope::of(columns)))
}

/// Arrow has types that Spark takes from nobody.
fn taken(data_type: &DataType) -> Result<()> {
    let shown = match data_type {
        DataType::UInt8 => "Int(8, false)",
        DataType::UInt16 => "Int(16, false)",
        DataType::UInt32 => "Int(32, false)",
        DataType::UInt64 => "Int(64, false)",
        DataType::Float16 => "FloatingPoint(HALF)",
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            return taken(item.data_type());
        }
        DataType::Map(entries, _) => return taken(entries.data_type()),
        DataType::Struct(fields) => {
            return fields.iter().try_for_each(|field| taken(field.data_type()));
        }
        _ => return Ok(()),
    };
    Err(Error::new("UNSUPPORTED_ARROWTYPE", [("typeName", shown)]).placeless())
}
