//! Compiles the schemas with a compiler written in Rust: a bare machine has no `protoc`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = [
        "c2g.proto",
        "g2c.proto",
        "link.proto",
        "table.proto",
        "g2q.proto",
        "q2g.proto",
        "q2q.proto",
        "n2b.proto",
        "b2n.proto",
    ];
    println!("cargo:rerun-if-changed=schema");
    let set = protox::compile(files, ["schema"])?;
    prost_build::Config::new().btree_map(["."]).compile_fds(set)?;
    Ok(())
}
