//! Things in numbered places, where each new thing takes the lowest free place. So the place
//! follows from what is there, and not from what was there before.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// More places than any bucket comes to: what a snapshot names above is none.
const PLACES_MAX: u32 = 1 << 24;

/// Things, each in a place of its own for as long as it is here.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    places: Vec<Option<T>>,
    free: BinaryHeap<Reverse<u32>>,
}

impl<T> Default for Arena<T> {
    fn default() -> Arena<T> {
        Arena { places: Vec::new(), free: BinaryHeap::new() }
    }
}

impl<T> Arena<T> {
    /// Takes in a thing: its place.
    pub(crate) fn insert(&mut self, thing: T) -> u32 {
        match self.free.pop() {
            Some(Reverse(at)) => {
                self.places[at as usize] = Some(thing);
                at
            }
            None => {
                self.places.push(Some(thing));
                (self.places.len() - 1) as u32
            }
        }
    }

    /// Puts a thing into a place that is known from elsewhere; nothing if it is taken, or beyond
    /// what a bucket has. The free places are known when it has settled.
    pub(super) fn put(&mut self, at: u32, thing: T) -> Option<()> {
        if at >= PLACES_MAX {
            return None;
        }
        let at = at as usize;
        if self.places.len() <= at {
            self.places.resize_with(at + 1, || None);
        }
        let place = &mut self.places[at];
        if place.is_some() {
            return None;
        }
        *place = Some(thing);
        Some(())
    }

    /// All things are in their places: the others are free.
    pub(super) fn settle(&mut self) {
        let places = (0..).zip(&self.places);
        self.free =
            places.filter(|(_, thing)| thing.is_none()).map(|(at, _)| Reverse(at)).collect();
    }

    /// The place that the next thing will have.
    pub(crate) fn next(&self) -> u32 {
        self.free.peek().map_or(self.places.len() as u32, |Reverse(at)| *at)
    }

    /// Takes out the thing of a place, where there is one.
    pub(crate) fn remove(&mut self, at: u32) -> T {
        let thing = self.places[at as usize].take().expect("there is something in this place");
        self.free.push(Reverse(at));
        thing
    }

    /// The thing of a place, if there is one.
    #[inline]
    pub(crate) fn get(&self, at: u32) -> Option<&T> {
        self.places.get(at as usize)?.as_ref()
    }

    /// The thing of a place, if there is one.
    #[inline]
    pub(crate) fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.places.get_mut(at as usize)?.as_mut()
    }

    /// All things with their places, the lowest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(&self.places).filter_map(|(at, thing)| Some((at, thing.as_ref()?)))
    }

    /// All things with their places, the lowest first.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut T)> {
        (0..).zip(&mut self.places).filter_map(|(at, thing)| Some((at, thing.as_mut()?)))
    }

    /// No place is as high as this.
    pub(super) fn places(&self) -> u32 {
        self.places.len() as u32
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// How many places have space.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.places.capacity()
    }
}

impl<T> std::ops::Index<u32> for Arena<T> {
    type Output = T;

    #[inline]
    fn index(&self, at: u32) -> &T {
        self.get(at).expect("there is something in this place")
    }
}

impl<T> std::ops::IndexMut<u32> for Arena<T> {
    #[inline]
    fn index_mut(&mut self, at: u32) -> &mut T {
        self.get_mut(at).expect("there is something in this place")
    }
}
