//! Rules about secrets.

pub(super) mod token_in_output;
