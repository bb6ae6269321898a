//! Reading and writing: what a read opens to. Formats have a file each.

pub(crate) mod inline;
pub(crate) mod range;

use sparring_proto::Required;
use sparring_proto::connect::{self as proto, read::ReadType};

use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::plan::sources::{Source, View};

/// What a read means.
pub(crate) enum Opened {
    /// Rows.
    Source(Source),
    /// A view of the catalog, which is a query.
    View(View),
    /// No table, view or file of the catalog: perhaps a name that only translation knows.
    Nothing,
}

/// Opens what a read names.
pub(crate) async fn open(_context: &Context, read: &proto::Read) -> Result<Opened> {
    match read.read_type.as_ref().required("read.read_type")? {
        ReadType::NamedTable(_) => Ok(Opened::Nothing),
        ReadType::DataSource(source) => Err(Error::new(
            "DATA_SOURCE_NOT_FOUND",
            [("provider", source.format().to_owned())],
        )),
    }
}
