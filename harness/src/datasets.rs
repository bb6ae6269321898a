//! Where a dataset's data lives, by its type and location. A fact about a catalog entry, not a
//! judgement; rules and reports decide what to make of it.

use serde::Serialize;
use sparring_journal::DatasetDescribed;

/// Where a dataset's data lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The cluster reads and writes it.
    RemoteCompute,
    /// A service of the workspace keeps it.
    RemoteService,
    /// It lies far away and travels through the client.
    ClientBound,
    /// It lies on the client's disk.
    Local,
    /// It lives in the client's memory for the length of the run.
    Ephemeral,
    /// The halves of a transcoded dataset disagree, or a path exists on one side only.
    LocalHybrid,
}

impl Verdict {
    /// As reports spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RemoteCompute => "remote-compute",
            Self::RemoteService => "remote-service",
            Self::ClientBound => "client-bound",
            Self::Local => "local",
            Self::Ephemeral => "ephemeral",
            Self::LocalHybrid => "local-hybrid",
        }
    }

    /// Whether the data is out of the client's reach only through the workspace.
    #[must_use]
    pub const fn is_remote(self) -> bool {
        matches!(
            self,
            Self::RemoteCompute | Self::RemoteService | Self::ClientBound
        )
    }
}

/// Whether a dataset is computed by Spark.
#[must_use]
pub(crate) fn uses_spark(dataset: &DatasetDescribed) -> bool {
    let kind = short_type(&dataset.dataset_type);
    kind.starts_with("spark.") || kind.starts_with("databricks.")
}

/// Where the data of `dataset` lives.
#[must_use]
pub(crate) fn verdict(dataset: &DatasetDescribed) -> Verdict {
    let kind = short_type(&dataset.dataset_type);
    let location = dataset.location.as_deref().unwrap_or("");
    if kind.ends_with("MemoryDataset") || kind.ends_with("MemoryDataSet") || dataset.parameter {
        return Verdict::Ephemeral;
    }
    if kind.starts_with("databricks.") || kind.starts_with("ibis.Table") {
        return if dataset.dataframe_type.as_deref() == Some("pandas") {
            Verdict::ClientBound
        } else {
            Verdict::RemoteCompute
        };
    }
    if kind.starts_with("spark.") {
        return if is_path_on_client(location) {
            Verdict::Local
        } else {
            Verdict::RemoteCompute
        };
    }
    if kind.contains("Mlflow") {
        return if kind.contains("LocalFileSystem") {
            Verdict::Local
        } else {
            Verdict::RemoteService
        };
    }
    if location.starts_with("/dbfs/") || location.starts_with("/Volumes/") {
        // FUSE mounts that exist on a cluster and nowhere else.
        return Verdict::LocalHybrid;
    }
    if location.contains("://") && !location.starts_with("file:") {
        return Verdict::ClientBound;
    }
    Verdict::Local
}

/// Whether Spark would be handed a path of the client's disk.
fn is_path_on_client(location: &str) -> bool {
    const REMOTE: &[&str] = &["/Volumes/", "/dbfs/", "dbfs:/"];
    let is_remote = REMOTE.iter().any(|prefix| location.starts_with(prefix))
        || (location.contains("://") && !location.starts_with("file:"));
    // Without a slash it is a table's name.
    location.contains('/') && !is_remote
}

/// The type as a catalog spells it: `kedro_datasets.spark.spark_dataset_v2.SparkDatasetV2` is
/// `spark.SparkDatasetV2`.
#[must_use]
pub(crate) fn short_type(full: &str) -> String {
    let parts: Vec<&str> = full.split('.').collect();
    match parts.as_slice() {
        [
            "kedro_datasets" | "kedro_datasets_experimental",
            family,
            ..,
            class,
        ] => {
            format!("{family}.{class}")
        }
        ["kedro", "io", .., class] => (*class).to_owned(),
        _ => full.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(dataset_type: &str, location: &str) -> &'static str {
        verdict(&DatasetDescribed {
            dataset_type: dataset_type.to_owned(),
            location: Some(location.to_owned()),
            ..DatasetDescribed::default()
        })
        .name()
    }

    #[test]
    fn location_and_type_decide() {
        for (dataset_type, location, expected) in [
            (
                "databricks.ManagedTableDataset",
                "main.silver.t",
                "remote-compute",
            ),
            (
                "kedro_datasets.spark.spark_dataset_v2.SparkDatasetV2",
                "/Volumes/main/raw/a.csv",
                "remote-compute",
            ),
            ("spark.SparkDataset", "dbfs:/a", "remote-compute"),
            ("spark.SparkDataset", "s3a://b/a", "remote-compute"),
            ("spark.SparkDataset", "/home/me/p/data/a", "local"),
            ("spark.SparkDatasetV2", "file:///tmp/a", "local"),
            ("spark.SparkHiveDataset", "db.t", "remote-compute"),
            ("pandas.CSVDataset", "/home/me/p/data/a.csv", "local"),
            ("pandas.CSVDataset", "s3://b/a.csv", "client-bound"),
            ("pandas.CSVDataset", "/dbfs/a.csv", "local-hybrid"),
            ("kedro.io.memory_dataset.MemoryDataset", "", "ephemeral"),
            (
                "kedro_mlflow.io.artifacts.MlflowArtifactDataset",
                "",
                "remote-service",
            ),
        ] {
            assert_eq!(
                judged(dataset_type, location),
                expected,
                "{dataset_type} {location}"
            );
        }
    }
}
