//! The limit on one gRPC message, read from the frame's prefix before anything is buffered, and
//! the frames that no gRPC client sends.
//!
//! Knows no message type: it looks at five bytes of each frame and counts the rest.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use sparring_journal::{RefusalReason, RefusedBy};
use tonic::Status;

use super::call::{Call, Excess};

const PREFIX_BYTES: usize = 5;

/// A request body whose frames are checked as they pass.
pub(crate) struct CheckedFrames {
    body: Incoming,
    frames: Frames,
    call: Arc<Call>,
    limit_bytes: u64,
}

impl CheckedFrames {
    pub(crate) fn new(body: Incoming, call: Arc<Call>, limit_bytes: u64) -> Self {
        Self {
            body,
            frames: Frames::default(),
            call,
            limit_bytes,
        }
    }

    fn refuse(&self, problem: Problem) -> Status {
        let (by, reason, excess) = match problem {
            Problem::TooLarge(bytes) => (
                RefusedBy::Limit,
                RefusalReason::MessageTooLarge,
                Some(Excess {
                    bytes,
                    limit_bytes: self.limit_bytes,
                }),
            ),
            Problem::Flag(_) | Problem::Truncated { .. } => {
                (RefusedBy::Protocol, RefusalReason::Malformed, None)
            }
        };
        let status = problem.status(self.limit_bytes);
        self.call.refuse(by, reason, &status, excess);
        status
    }
}

impl Body for CheckedFrames {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let frame = match ready!(Pin::new(&mut this.body).poll_frame(context)) {
            None => {
                return Poll::Ready(match this.frames.end() {
                    Ok(()) => None,
                    Err(problem) => Some(Err(this.refuse(problem))),
                });
            }
            Some(Err(error)) => {
                return Poll::Ready(Some(Err(Status::cancelled(format!(
                    "the request was not read to its end: {error}"
                )))));
            }
            Some(Ok(frame)) => frame,
        };
        if let Some(data) = frame.data_ref() {
            this.call.received(data.len());
            if let Err(problem) = this.frames.pass(data, this.limit_bytes) {
                return Poll::Ready(Some(Err(this.refuse(problem))));
            }
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        // Only polling finds out whether the last frame was whole.
        false
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Where in the sequence of frames the body is.
#[derive(Debug, Default)]
struct Frames {
    prefix: [u8; PREFIX_BYTES],
    prefix_filled: usize,
    payload_missing: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum Problem {
    TooLarge(u64),
    Flag(u8),
    Truncated { missing: u64 },
}

impl Problem {
    fn status(&self, limit_bytes: u64) -> Status {
        match self {
            // The words of Apache Spark's server (grpc-java), which users search the web for.
            Self::TooLarge(bytes) => Status::resource_exhausted(format!(
                "gRPC message exceeds maximum size {limit_bytes}: {bytes}"
            )),
            Self::Flag(flag) => Status::internal(format!(
                "gRPC frame header malformed: compression flag {flag}, must be 0 or 1"
            )),
            Self::Truncated { missing } => Status::internal(format!(
                "gRPC frame truncated: the stream ended {missing} bytes before the end of the message"
            )),
        }
    }
}

impl Frames {
    fn pass(&mut self, mut data: &[u8], limit_bytes: u64) -> Result<(), Problem> {
        while !data.is_empty() {
            if self.payload_missing > 0 {
                let taken = usize::try_from(self.payload_missing)
                    .unwrap_or(usize::MAX)
                    .min(data.len());
                self.payload_missing -= taken as u64;
                data = &data[taken..];
                continue;
            }
            let taken = (PREFIX_BYTES - self.prefix_filled).min(data.len());
            self.prefix[self.prefix_filled..self.prefix_filled + taken]
                .copy_from_slice(&data[..taken]);
            self.prefix_filled += taken;
            data = &data[taken..];
            if self.prefix_filled == PREFIX_BYTES {
                let [flag, length @ ..] = self.prefix;
                if flag > 1 {
                    return Err(Problem::Flag(flag));
                }
                let length = u64::from(u32::from_be_bytes(length));
                if length > limit_bytes {
                    return Err(Problem::TooLarge(length));
                }
                self.prefix_filled = 0;
                self.payload_missing = length;
            }
        }
        Ok(())
    }

    fn end(&self) -> Result<(), Problem> {
        let missing = match self.prefix_filled {
            0 => self.payload_missing,
            filled => (PREFIX_BYTES - filled) as u64,
        };
        if missing == 0 {
            Ok(())
        } else {
            Err(Problem::Truncated { missing })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 8;

    fn pass(pieces: &[&[u8]]) -> Result<(), Problem> {
        let mut frames = Frames::default();
        for piece in pieces {
            frames.pass(piece, LIMIT)?;
        }
        frames.end()
    }

    #[test]
    fn frames_are_followed_across_any_cut() {
        let stream = [
            0, 0, 0, 0, 2, 7, 7, 0, 0, 0, 0, 0, 1, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8,
        ];
        for cut in 0..=stream.len() {
            let (one, two) = stream.split_at(cut);
            assert_eq!(pass(&[one, two]), Ok(()), "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(pass(&bytes), Ok(()));
    }

    #[test]
    fn bad_frames_are_named() {
        assert_eq!(pass(&[&[0, 0, 0, 0, 9]]), Err(Problem::TooLarge(9)));
        assert_eq!(
            pass(&[&[0, 0, 0, 0, 8, 1]]),
            Err(Problem::Truncated { missing: 7 })
        );
        assert_eq!(pass(&[&[0, 0]]), Err(Problem::Truncated { missing: 3 }));
        assert_eq!(pass(&[&[2, 0, 0, 0, 0]]), Err(Problem::Flag(2)));
        assert_eq!(
            Problem::TooLarge(136_315_076).status(134_217_728).message(),
            "gRPC message exceeds maximum size 134217728: 136315076"
        );
    }
}
