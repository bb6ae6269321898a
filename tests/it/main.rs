//! End-to-end and replay tests, in one binary because each that links the engine is large.

mod replay;
mod semantics;
