//! Faults that can be switched on to see how a client copes: one row each.
//!
//! The table is empty in this version, and the control surface says so.

/// The name and meaning of a fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
}

/// Every fault there is.
pub(crate) const FAULTS: &[Fault] = &[];
