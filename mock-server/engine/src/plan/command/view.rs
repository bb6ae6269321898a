//! Temporary views of DataFrames.

use sparring_proto::Required;
use sparring_proto::connect as proto;

use crate::error::{Error, Result};
use crate::plan::Planned;
use crate::plan::context::Context;
use crate::session::TempView;
use crate::types::names::quote_parts;

/// `createOrReplaceTempView` and its like.
pub(super) async fn create(
    context: &Context,
    node: &proto::CreateDataFrameViewCommand,
) -> Result<()> {
    let input = node
        .input
        .as_ref()
        .required("create_dataframe_view.input")?;
    let planned = crate::analyze::plan(context, input).await?;
    let parts = sparring_sql::parse_multipart_identifier(&node.name)?;
    let [name] = parts.as_slice() else {
        return Err(Error::new(
            "TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS",
            [("actualName", quote_parts(&parts))],
        ));
    };
    keep(context, name, planned, node.is_global, node.replace)
}

/// Puts a relation under a name of the session.
pub(super) fn keep(
    context: &Context,
    name: &str,
    planned: Planned,
    global: bool,
    replace: bool,
) -> Result<()> {
    let parts = if global {
        vec!["global_temp".to_owned(), name.to_owned()]
    } else {
        vec![name.to_owned()]
    };
    if context
        .session
        .put_temp_view(&parts, TempView::new(planned), replace)
    {
        return Ok(());
    }
    Err(Error::new(
        "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS",
        [("relationName", quote_parts(&parts))],
    ))
}
