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
        // Large and rare: in place they would make every plan, which is moved several times, as large.
        .boxed(".spark.connect.Command.command_type.pipeline_command")
        .boxed(".spark.connect.Command.command_type.write_operation_v2")
        .boxed(".spark.connect.Command.command_type.write_stream_operation_start")
        .boxed(".spark.connect.Command.command_type.merge_into_table_command")
        .boxed(".spark.connect.AnalyzePlanRequest.analyze.same_semantics")
        .codec_path("crate::codec::BoundedCodec")
        .compile_fds(descriptors)?;
    Ok(())
}
