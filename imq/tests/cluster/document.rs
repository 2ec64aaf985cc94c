//! What documents tell their readers to type: the fenced blocks, in their order.

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    /// The language behind the fence: `sh`.
    pub(crate) language: &'a str,
    /// What stands behind the language: of a file its name.
    pub(crate) name: &'a str,
    /// Its lines, each with its end.
    pub(crate) text: String,
    /// In which line of the document it begins.
    pub(crate) line: usize,
    /// Whether it begins where the block before it ends, so that it belongs to that one.
    pub(crate) follows: bool,
}

/// All fenced blocks of a document.
pub(crate) fn blocks(document: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut is_open = false;
    let mut end = 0;
    for (number, line) in (1..).zip(document.lines()) {
        if is_open {
            let block = blocks.last_mut().expect("one is open");
            if line == "```" {
                (is_open, end) = (false, number);
            } else {
                block.text.push_str(line);
                block.text.push('\n');
            }
        } else if let Some(info) = line.strip_prefix("```") {
            let (language, name) = info.split_once(' ').unwrap_or((info, ""));
            let follows = end > 0 && end + 1 == number;
            blocks.push(Block { language, name, text: String::new(), line: number, follows });
            is_open = true;
        }
    }
    assert!(!is_open, "a block without an end");
    blocks
}
