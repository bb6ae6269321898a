//! Tests of the SQL front end: texts in, trees, statements and errors out.

#[cfg(test)]
mod answered;
#[cfg(test)]
mod compact;
#[cfg(test)]
mod extremes;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod interface;
#[cfg(test)]
mod render;
