//! The client protocol as text. To be written.
