//! The demo's page, as `demo/build.mjs` has made it.

use std::net::SocketAddr;

use gateway::Page;

const HTML: &[u8] = include_bytes!("../../../demo/dist/index.html");
const SCRIPT: &[u8] = include_bytes!("../../../demo/dist/app.js");
const STYLE: &[u8] = include_bytes!("../../../demo/dist/style.css");
const ICON: &[u8] = include_bytes!("../../../demo/dist/favicon.svg");

/// What the gateways at these addresses hand out. They are made once in a process, and last.
pub(super) fn pages(gateways: [SocketAddr; 2]) -> &'static [Page] {
    let page = |path, content_type, body| {
        let policy = if path == "/" { policy(gateways) } else { "default-src 'none'".to_owned() };
        Page { path, content_type, policy: policy.leak(), body }
    };
    let ports = gateways.map(|gateway| gateway.port());
    let addresses = format!(
        r#"{{"gateways":[{{"id":"g1","port":{}}},{{"id":"g2","port":{}}}]}}"#,
        ports[0], ports[1]
    );
    let pages = [
        page("/", "text/html; charset=utf-8", HTML),
        page("/app.js", "text/javascript; charset=utf-8", SCRIPT),
        page("/style.css", "text/css; charset=utf-8", STYLE),
        page("/favicon.svg", "image/svg+xml", ICON),
        page("/gateways.json", "application/json", addresses.leak().as_bytes()),
    ];
    Box::leak(Box::new(pages))
}

/// What the page may do: nothing that is of another origin, but to reach both gateways.
fn policy(gateways: [SocketAddr; 2]) -> String {
    let reachable: String = gateways
        .iter()
        .flat_map(|gateway| [gateway.to_string(), format!("localhost:{}", gateway.port())])
        .map(|host| format!(" http://{host} ws://{host}"))
        .collect();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'{reachable}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}
