//! Nothing but dependencies: the features that the workspace as a whole asks of crates below
//! DataFusion. Without it `cargo test -p sparring-engine` would compile DataFusion once more with
//! other features than `cargo test --workspace` does.
