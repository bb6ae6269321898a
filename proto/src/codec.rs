//! The gRPC codec of the service: prost's, behind a bound on how deep a message may nest.
//!
//! prost's own bound of 100 messages is too low: `DataFrame.withColumn` fifty times, or a sum of
//! fifty columns, is deeper. It is switched off, and the bound that Apache Spark sets
//! (`spark.connect.grpc.marshallerRecursionLimit`) is checked here before anything recurses.

use std::marker::PhantomData;

use bytes::{Buf, Bytes};
use prost::Message;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstCodec, ProstEncoder};

/// How deep messages may nest, as in Apache Spark.
pub const NESTING_LIMIT: usize = 1024;

/// A message that nests deeper than [`NESTING_LIMIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the message nests deeper than {NESTING_LIMIT} levels; break the plan up with temporary views or checkpoints"
)]
pub struct TooDeep;

/// Checks an encoded message without decoding it, in one pass and without recursion.
///
/// The schema is not looked at: every field that could be a message is followed as one. What
/// turns out not to be one is skipped, so each byte is visited once.
///
/// # Errors
/// When it nests too deep.
pub fn check_nesting(message: &[u8]) -> Result<(), TooDeep> {
    let mut ends = vec![message.len()];
    let mut at = 0;
    while let Some(&end) = ends.last() {
        if at == end {
            ends.pop();
            continue;
        }
        match field(&message[at..end]) {
            Some(Field::Scalar { bytes }) => at += bytes,
            Some(Field::Delimited { header, length }) => {
                at += header;
                if ends.len() == NESTING_LIMIT {
                    return Err(TooDeep);
                }
                ends.push(at + length);
            }
            // Not a message after all.
            None => {
                at = end;
                ends.pop();
            }
        }
    }
    Ok(())
}

enum Field {
    Scalar { bytes: usize },
    Delimited { header: usize, length: usize },
}

/// The field at the start of `bytes`, if there can be one.
fn field(bytes: &[u8]) -> Option<Field> {
    let (tag, tag_bytes) = varint(bytes)?;
    // Field numbers have 29 bits and begin at 1.
    if !(8..1 << 32).contains(&tag) {
        return None;
    }
    let rest = &bytes[tag_bytes..];
    let scalar = |length: usize| {
        (length <= rest.len()).then_some(Field::Scalar {
            bytes: tag_bytes + length,
        })
    };
    match tag & 7 {
        0 => varint(rest).and_then(|(_, length)| scalar(length)),
        1 => scalar(8),
        5 => scalar(4),
        2 => {
            let (length, length_bytes) = varint(rest)?;
            let length = usize::try_from(length).ok()?;
            (length <= rest.len() - length_bytes).then_some(Field::Delimited {
                header: tag_bytes + length_bytes,
                length,
            })
        }
        _ => None,
    }
}

fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

/// The codec that the generated service uses.
#[derive(Debug, Clone)]
pub struct BoundedCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for BoundedCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for BoundedCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = BoundedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::raw_encoder(BufferSettings::default())
    }

    fn decoder(&mut self) -> Self::Decoder {
        BoundedDecoder(PhantomData)
    }
}

/// Decodes a message that does not nest too deep.
#[derive(Debug, Clone)]
pub struct BoundedDecoder<U>(PhantomData<U>);

impl<U: Message + Default> Decoder for BoundedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        // One message is one piece of memory, and taking it copies nothing.
        let message: Bytes = buffer.copy_to_bytes(buffer.remaining());
        check_nesting(&message).map_err(|error| Status::internal(error.to_string()))?;
        U::decode(message)
            .map(Some)
            .map_err(|error| Status::internal(format!("the message is no valid protobuf: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::{Filter, LocalRelation, Relation, relation::RelType};

    fn nested(filters: usize, data: &[u8]) -> Vec<u8> {
        let mut relation = Relation {
            rel_type: Some(RelType::LocalRelation(LocalRelation {
                data: Some(Bytes::copy_from_slice(data)),
                schema: Some("a int".to_owned()),
            })),
            ..Relation::default()
        };
        for _ in 0..filters {
            let filter = Filter {
                input: Some(Box::new(relation)),
                condition: None,
            };
            relation = Relation {
                rel_type: Some(RelType::Filter(Box::new(filter))),
                ..Relation::default()
            };
        }
        relation.encode_to_vec()
    }

    #[test]
    fn only_nesting_counts() {
        assert_eq!(check_nesting(&[]), Ok(()));
        assert_eq!(check_nesting(&nested(500, b"")), Ok(()));
        assert_eq!(check_nesting(&nested(600, b"")), Err(TooDeep));
        // Data that looks like nothing, like tags, and like an endless length.
        for data in [
            vec![0xff; 9999],
            vec![0x0a; 9999],
            vec![0x12, 0xff, 0xff, 0x03],
            vec![0; 9999],
        ] {
            assert_eq!(check_nesting(&nested(3, &data)), Ok(()));
        }
    }

    #[test]
    fn deeper_plans_than_prost_allows_by_itself_are_decoded() {
        // Decoding recurses; the server's threads have stacks for the whole bound.
        let decoded = std::thread::Builder::new()
            .stack_size(64 << 20)
            .spawn(|| Relation::decode(nested(500, b"").as_slice()).map(drop))
            .unwrap()
            .join()
            .unwrap();
        assert!(decoded.is_ok());
    }
}
