//! The list of queue nodes, places in it, and sets of them.

use std::ops::{Index, IndexMut};

use super::Node;

/// A queue node in one of its lives: its place in the lane's list. A node that nobody needs any
/// more gives its place to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::machine) struct NodeIndex(u32);

impl NodeIndex {
    /// The node in this place.
    #[inline]
    pub(super) fn at(place: usize) -> NodeIndex {
        NodeIndex(place as u32)
    }

    #[inline]
    pub(in crate::machine::upstream) fn place(self) -> usize {
        self.0 as usize
    }
}

/// All nodes that have a link or are some bucket's home, and some that were.
#[derive(Debug, Default)]
pub(in crate::machine::upstream) struct Nodes(Vec<Node>);

impl Nodes {
    /// Puts a node behind all others.
    pub(super) fn push(&mut self, node: Node) -> NodeIndex {
        self.0.push(node);
        NodeIndex::at(self.0.len() - 1)
    }

    /// The first of which this is true.
    pub(super) fn find(&self, is_it: impl Fn(NodeIndex, &Node) -> bool) -> Option<NodeIndex> {
        self.iter().find(|(at, node)| is_it(*at, node)).map(|(at, _)| at)
    }

    pub(in crate::machine::upstream) fn iter(&self) -> impl Iterator<Item = (NodeIndex, &Node)> {
        (0..).map(NodeIndex).zip(&self.0)
    }

    pub(in crate::machine::upstream) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        self.0.iter_mut()
    }
}

impl Index<NodeIndex> for Nodes {
    type Output = Node;

    #[inline]
    fn index(&self, node: NodeIndex) -> &Node {
        &self.0[node.place()]
    }
}

impl IndexMut<NodeIndex> for Nodes {
    #[inline]
    fn index_mut(&mut self, node: NodeIndex) -> &mut Node {
        &mut self.0[node.place()]
    }
}

/// Some of the first 64 nodes of the list; those behind them are in no set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::machine) struct NodeSet(u64);

impl NodeSet {
    /// Whether the node can be in a set.
    pub(in crate::machine) fn has_place_for(node: NodeIndex) -> bool {
        bit(node) != 0
    }

    pub(in crate::machine) fn contains(self, node: NodeIndex) -> bool {
        self.0 & bit(node) != 0
    }

    /// Whether it wasn't in the set, as one that can't be never is.
    #[inline]
    pub(in crate::machine) fn insert(&mut self, node: NodeIndex) -> bool {
        let before = self.0;
        self.0 |= bit(node);
        before & bit(node) == 0
    }

    pub(in crate::machine) fn remove(&mut self, node: NodeIndex) {
        self.0 &= !bit(node);
    }
}

#[inline]
fn bit(node: NodeIndex) -> u64 {
    1_u64.checked_shl(node.0).unwrap_or(0)
}
