//! Tables, files and statements, driven as a client drives them: SQL text and write commands in,
//! rows out. Every workspace is a temporary directory.

mod catalog;
mod client;
mod files;
mod kedro;
mod statements;
