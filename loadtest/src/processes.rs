//! Server processes: started on a core of their own, accounted for by the kernel, always ended.

pub(crate) mod child;
pub(crate) mod cpu;
pub(crate) mod http;
pub(crate) mod kernel;
pub(crate) mod memory;
pub(crate) mod pin;
pub(crate) mod ports;
pub(crate) mod scratch;
