//! Compiles the schema with protox, so that no `protoc` is needed on the machine.
use std::error::Error;
use std::path::Path;

const FILES: [&str; 1] = ["spark/connect/base.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=spark");
    let root = Path::new(".");
    let descriptors = protox::compile(FILES, [root])?;
    tonic_prost_build::configure()
        .build_client(true)
        .build_server(true)
        .build_transport(false)
        // Arrow payloads are handed on without a copy.
        .bytes(".")
        .codec_path("crate::codec::BoundedCodec")
        .compile_fds(descriptors)?;
    Ok(())
}
