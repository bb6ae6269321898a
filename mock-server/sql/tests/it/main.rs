//! Tests of the SQL front end: texts in, trees, statements and errors out.

#[cfg(test)]
mod compact;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod render;
