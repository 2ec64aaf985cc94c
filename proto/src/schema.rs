//! The types that the schemas under `proto/schema/` give, a module per file.

pub mod b2n {
    include!(concat!(env!("OUT_DIR"), "/imq.b2n.rs"));
}
pub mod c2g {
    include!(concat!(env!("OUT_DIR"), "/imq.c2g.rs"));
}
pub mod g2c {
    include!(concat!(env!("OUT_DIR"), "/imq.g2c.rs"));
}
pub mod g2q {
    include!(concat!(env!("OUT_DIR"), "/imq.g2q.rs"));
}
pub mod link {
    include!(concat!(env!("OUT_DIR"), "/imq.link.rs"));
}
pub mod n2b {
    include!(concat!(env!("OUT_DIR"), "/imq.n2b.rs"));
}
pub mod q2g {
    include!(concat!(env!("OUT_DIR"), "/imq.q2g.rs"));
}
pub mod q2q {
    include!(concat!(env!("OUT_DIR"), "/imq.q2q.rs"));
}
pub mod table {
    include!(concat!(env!("OUT_DIR"), "/imq.table.rs"));
}
