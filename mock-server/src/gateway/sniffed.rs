//! The opening bytes of a stream, looked at and still to be read: they show what a client speaks,
//! and whether it speaks at all.
//!
//! hyper waits without end for the rest of an HTTP/2 preface, so the whole of it is waited for
//! here, where the listener's timeout holds. Knows nothing of what follows.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::listener::Stream;

/// How every HTTP/2 connection begins.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream whose opening bytes are read again.
pub(super) struct Sniffed<S> {
    stream: S,
    opening: [u8; PREFACE.len()],
    /// How many bytes of `opening` there are.
    sniffed: usize,
    /// How many of them were read again.
    given: usize,
}

impl<S: Stream> Sniffed<S> {
    /// Reads the whole preface of HTTP/2, or as much of anything else as there is. Nothing when
    /// the stream ends before its first byte.
    pub(super) async fn read(stream: S) -> io::Result<Option<Self>> {
        let mut this = Self {
            stream,
            opening: [0; PREFACE.len()],
            sniffed: 0,
            given: 0,
        };
        while PREFACE.starts_with(&this.opening[..this.sniffed]) && this.sniffed < PREFACE.len() {
            match this.stream.read(&mut this.opening[this.sniffed..]).await? {
                0 => break,
                n => this.sniffed += n,
            }
        }
        Ok((this.sniffed > 0).then_some(this))
    }

    /// The first byte.
    pub(super) fn first(&self) -> u8 {
        self.opening[0]
    }
}

impl<S: Stream> AsyncRead for Sniffed<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let unread = &this.opening[this.given..this.sniffed];
        if unread.is_empty() {
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        }
        let n = unread.len().min(buffer.remaining());
        buffer.put_slice(&unread[..n]);
        this.given += n;
        Poll::Ready(Ok(()))
    }
}

impl<S: Stream> AsyncWrite for Sniffed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    async fn sent(parts: &[&[u8]]) -> Option<(u8, Vec<u8>)> {
        let (mut near, far) = tokio::io::duplex(5);
        let writing = async {
            for part in parts {
                near.write_all(part).await.unwrap();
            }
            drop(near);
        };
        let reading = async {
            let mut sniffed = Sniffed::read(far).await.unwrap()?;
            let mut all = Vec::new();
            sniffed.read_to_end(&mut all).await.unwrap();
            Some((sniffed.first(), all))
        };
        tokio::join!(writing, reading).1
    }

    #[tokio::test]
    async fn what_was_sniffed_is_read_again() {
        for parts in [
            &[b"a".as_slice(), b"bc"][..],
            &[b"POST / HTTP/1.1\r\nhost: localhost\r\n\r\n"],
            &[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"and frames"],
            &[b"PRI * HTTP/2.0"],
            &[b"\x16\x03\x01"],
        ] {
            let all = parts.concat();
            assert_eq!(sent(parts).await, Some((all[0], all)));
        }
        assert_eq!(sent(&[]).await, None);
    }

    #[tokio::test]
    async fn half_a_preface_is_waited_for() {
        let (mut near, far) = tokio::io::duplex(64);
        near.write_all(b"PRI * HTTP/2").await.unwrap();
        tokio::select! {
            biased;
            _ = Sniffed::read(far) => panic!("half a preface is enough"),
            () = tokio::task::yield_now() => {}
        }
    }
}
