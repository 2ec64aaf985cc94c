//! The cluster configuration: rooms that a web application is asked and told about.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// All call-outs there are lead to this address. Everybody comes at once, so more may be under way
/// than by default.
pub(super) fn text(application: SocketAddr) -> String {
    let secret = STANDARD.encode(rand::random::<[u8; 32]>());
    format!(
        "connect = \"app\"\n\n[[callout]]\nname = \"app\"\nurl = \"http://{application}/\"\n\
         secret = \"whsec_{secret}\"\ninner = true\nconcurrency_max = 1000\n\n\
         [[class]]\npattern = \"/user/*\"\ncallout = \"app\"\n\
         tells = [\"user_online\", \"user_offline\", \"closed\"]\n\n\
         [[class]]\npattern = \"/room/*\"\ncallout = \"app\"\ncreate = \"callout\"\n\
         join = \"callout\"\ntells = [\"joined\", \"left\"]\n\n\
         [[class.mount]]\nname = \"chat\"\nkind = \"message\"\nhistory = 100\n"
    )
}
