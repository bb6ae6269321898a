//! Uploads: batches of small artifacts and sequences of chunks, each chunk with its CRC.
//!
//! Knows nothing of what an artifact is for; the session keeps it under its name.

use std::collections::HashMap;

use bytes::{Bytes, BytesMut};
use sparring_engine::{Error, Exception, Result, Session};
use sparring_proto::connect::add_artifacts_request::{
    ArtifactChunk, BeginChunkedArtifact, Payload,
};
use sparring_proto::connect::add_artifacts_response::ArtifactSummary;

/// What is reserved for a chunked artifact on the client's word; the rest as it arrives.
const RESERVED_BYTES: i64 = 256 << 20;

/// The prefix of local data, which is named by its hash: equal names mean equal content.
const CACHE_PREFIX: &str = "cache/";

/// One `AddArtifacts` stream.
pub(super) struct Upload {
    limit_bytes: u64,
    total_bytes: u64,
    chunked: Option<Chunked>,
    finished: Vec<Finished>,
}

/// A sequence of chunks that is not complete.
struct Chunked {
    name: String,
    total_bytes: i64,
    num_chunks: i64,
    received_chunks: i64,
    content: BytesMut,
    intact: bool,
}

/// A complete artifact; without content when a CRC was wrong.
struct Finished {
    name: String,
    content: Option<Bytes>,
}

impl Upload {
    pub(super) const fn new(limit_bytes: u64) -> Self {
        Self {
            limit_bytes,
            total_bytes: 0,
            chunked: None,
            finished: Vec::new(),
        }
    }

    /// Takes the next message of the stream.
    pub(super) fn add(&mut self, payload: Option<Payload>) -> Result<()> {
        match payload {
            Some(Payload::Batch(batch)) => {
                require(
                    self.chunked.is_none(),
                    "a batch in the middle of a chunked artifact",
                )?;
                for artifact in batch.artifacts {
                    check_name(&artifact.name)?;
                    let chunk = artifact.data.unwrap_or_default();
                    self.count(&chunk)?;
                    let content = is_intact(&chunk).then_some(chunk.data);
                    self.finished.push(Finished {
                        name: artifact.name,
                        content,
                    });
                }
                Ok(())
            }
            Some(Payload::BeginChunk(begin)) => self.begin(begin),
            Some(Payload::Chunk(chunk)) => self.chunk(&chunk),
            None => Err(Error::plain(
                Exception::UnsupportedOperation,
                "Unsupported data transfer request: PAYLOAD_NOT_SET",
            )),
        }
    }

    /// Puts everything that arrived whole into the session.
    pub(super) fn finish(self, session: &Session) -> Result<Vec<ArtifactSummary>> {
        require(
            self.chunked.is_none(),
            "the stream ended in the middle of a chunked artifact",
        )?;
        self.finished
            .into_iter()
            .map(|Finished { name, content }| {
                let is_crc_successful = content.is_some();
                if let Some(content) = content {
                    keep(session, &name, content)?;
                }
                Ok(ArtifactSummary {
                    name,
                    is_crc_successful,
                })
            })
            .collect()
    }

    fn begin(&mut self, begin: BeginChunkedArtifact) -> Result<()> {
        require(
            self.chunked.is_none(),
            "a chunked artifact began within another",
        )?;
        check_name(&begin.name)?;
        let reserved = begin.total_bytes.clamp(0, RESERVED_BYTES);
        self.chunked = Some(Chunked {
            name: begin.name,
            total_bytes: begin.total_bytes,
            num_chunks: begin.num_chunks,
            received_chunks: 0,
            content: BytesMut::with_capacity(usize::try_from(reserved).unwrap_or(0)),
            intact: true,
        });
        self.chunk(&begin.initial_chunk.unwrap_or_default())
    }

    fn chunk(&mut self, chunk: &ArtifactChunk) -> Result<()> {
        self.count(chunk)?;
        let Some(chunked) = &mut self.chunked else {
            return require(false, "a chunk without a chunked artifact");
        };
        chunked.received_chunks += 1;
        // A broken artifact is received to its end and reported, not stored.
        chunked.intact &= is_intact(chunk);
        if chunked.intact {
            chunked.content.extend_from_slice(&chunk.data);
        }
        if chunked.received_chunks < chunked.num_chunks {
            return Ok(());
        }
        match self.chunked.take() {
            Some(chunked) => {
                self.finished.push(chunked.complete()?);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn count(&mut self, chunk: &ArtifactChunk) -> Result<()> {
        self.total_bytes += chunk.data.len() as u64;
        if self.total_bytes > self.limit_bytes {
            return Err(Error::plain(
                Exception::IllegalArgument,
                format!(
                    "the artifacts of one upload exceed {} bytes",
                    self.limit_bytes
                ),
            ));
        }
        Ok(())
    }
}

impl Chunked {
    fn complete(self) -> Result<Finished> {
        if !self.intact {
            return Ok(Finished {
                name: self.name,
                content: None,
            });
        }
        let received = i64::try_from(self.content.len()).unwrap_or(i64::MAX);
        if received != self.total_bytes {
            return Err(Error::plain(
                Exception::Runtime,
                format!(
                    "Missing data chunks for artifact: {}. Expected {} chunks and received {} chunks. Processed {received} bytes out of {} bytes.",
                    self.name, self.num_chunks, self.received_chunks, self.total_bytes
                ),
            ));
        }
        Ok(Finished {
            name: self.name,
            content: Some(self.content.freeze()),
        })
    }
}

/// Which of `names` the session has. Only local data is told, as in Spark: clients ask for
/// nothing else, and upload everything else anew.
pub(super) fn statuses(session: &Session, names: Vec<String>) -> HashMap<String, bool> {
    names
        .into_iter()
        .map(|name| {
            let exists = name.starts_with(CACHE_PREFIX) && session.artifact(&name).is_some();
            (name, exists)
        })
        .collect()
}

/// The size of local data that was uploaded under this hash.
pub(super) fn cached_bytes(session: &Session, hash: &str) -> Option<u64> {
    let content = session.artifact(&format!("{CACHE_PREFIX}{hash}"))?;
    Some(content.len() as u64)
}

fn keep(session: &Session, name: &str, content: Bytes) -> Result<()> {
    match session.artifact(name) {
        Some(old) if old != content && !name.starts_with(CACHE_PREFIX) => Err(Error::new(
            "ARTIFACT_ALREADY_EXISTS",
            [("normalizedRemoteRelativePath", name)],
        )),
        Some(_) => Ok(()),
        None => {
            session.add_artifact(name.to_owned(), content);
            Ok(())
        }
    }
}

/// Names are paths relative to the session's folder, and stay in it.
fn check_name(name: &str) -> Result<()> {
    let outside = name.is_empty()
        || name.starts_with('/')
        || name.split(['/', '\\']).any(|part| part == "..");
    if outside {
        return Err(Error::new("INVALID_ARTIFACT_PATH", [("name", name)]));
    }
    Ok(())
}

fn is_intact(chunk: &ArtifactChunk) -> bool {
    i64::from(crc32fast::hash(&chunk.data)) == chunk.crc
}

/// Spark's answer to a sequence of messages that no client sends, with the reason.
fn require(condition: bool, otherwise: &str) -> Result<()> {
    if condition {
        return Ok(());
    }
    Err(Error::plain(
        Exception::IllegalArgument,
        format!("requirement failed: {otherwise}"),
    ))
}
