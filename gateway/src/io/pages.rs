//! Pages that a gateway hands out at its clients' port, such as one to try it out in a browser.

/// A page, as it is in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Where it is: a path, without what may stand behind `?`.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its `Content-Security-Policy`; empty for none.
    pub policy: &'static str,
    /// What it is.
    pub body: &'static [u8],
}

impl Page {
    /// The head of the answer that hands it out, which is the last of its connection.
    pub(super) fn head(&self) -> String {
        let Page { content_type, policy, body, .. } = self;
        let policy = match *policy {
            "" => String::new(),
            policy => format!("Content-Security-Policy: {policy}\r\n"),
        };
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
             X-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\n{policy}\
             Connection: close\r\n\r\n",
            body.len()
        )
    }
}
