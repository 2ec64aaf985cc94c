//! The cluster configuration: rooms that anybody may send to, and queues that stay though nobody is
//! in them.

/// With so many copies of each bucket.
pub(super) fn text(copies: usize) -> String {
    format!(
        "copies = {copies}\n\n\
         [[class]]\npattern = \"/load/*\"\ncreate = \"auto\"\njoin = \"open\"\n\n\
         [[class.mount]]\nname = \"chat\"\nkind = \"message\"\nsend = \"open\"\nhistory = {}\n\n\
         [[class]]\npattern = \"/idle/*\"\ncreate = \"auto\"\njoin = \"open\"\n\
         idle_ttl_ms = 86_400_000\n\n\
         [[class.mount]]\nname = \"chat\"\nkind = \"message\"\nhistory = {0}\n\n\
         [[class.mount]]\nname = \"scores\"\nkind = \"state\"\n",
        super::newest::HISTORY
    )
}
