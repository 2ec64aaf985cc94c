//! What the kernel says.

use super::*;

#[test]
fn reads_the_limit_on_files() {
    let table = "Limit Soft Hard Units\nMax open files            20000        524288     files\n";
    assert_eq!(soft_limit(table), Some(20_000));
    assert_eq!(soft_limit("nothing"), None);
    assert!(open_files_max().is_some_and(|limit| for_http() * HTTP_PART <= limit));
}
