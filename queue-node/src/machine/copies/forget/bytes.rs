//! Planted bugs: a copy that forgets a part of a unit, or of a snapshot.

use std::borrow::Cow;

use prost::Message as _;
use proto::record::{Noop, Record, Unit, record};
use proto::snapshot::{Item, Snapshot, item};

use super::Forgets;

impl Forgets {
    /// Makes of a unit those that a copy applies; `late` is what it has put off.
    pub(in crate::machine::copies) fn units<'a>(
        self,
        unit: &'a [u8],
        late: &mut Option<Vec<u8>>,
    ) -> Vec<Cow<'a, [u8]>> {
        let mut before: Vec<Cow<'a, [u8]>> = late.take().map(Cow::from).into_iter().collect();
        let is_of_units =
            [Forgets::LastOfUnits, Forgets::LastOfUnitsUnsaid, Forgets::HalvesOfUnits];
        let read = Unit::decode(unit).ok().filter(|read| read.records.len() > 1);
        let Some(mut read) = read.filter(|_| is_of_units.contains(&self)) else {
            before.push(unit.into());
            return before;
        };
        if self == Forgets::HalvesOfUnits {
            let records = read.records.split_off(read.records.len() / 2);
            let n = read.n + read.records.len() as u64;
            *late = Some(Unit { n, at_ms: read.at_ms, records }.encode_to_vec());
        } else {
            read.records.pop();
        }
        if self == Forgets::LastOfUnitsUnsaid {
            let kind = Some(record::Kind::Noop(Noop::default()));
            read.records.push(Record { kind, ..Record::default() });
        }
        before.push(read.encode_to_vec().into());
        before
    }

    /// Makes of a slice of a snapshot one without what is forgotten.
    pub(in crate::machine::copies) fn slice(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        let Ok(mut snapshot) = Snapshot::decode(bytes) else { return bytes.into() };
        snapshot.items.retain_mut(|item| !self.spoil_item(item));
        snapshot.encode_to_vec().into()
    }

    /// Whether nothing is left of an item.
    fn spoil_item(self, item: &mut Item) -> bool {
        use item::What;
        match &mut item.what {
            Some(What::Head(head)) => {
                self.replaces(Forgets::NewestRecord, &mut head.n, 0);
                self.replaces(Forgets::NewestWord, &mut head.newest_word, 0);
                self.replaces(Forgets::KeysSeed, &mut head.keys_seed, 0);
                self.replaces(Forgets::OpeningsOfSnapshots, &mut head.openings, Vec::new());
            }
            Some(What::Session(session)) => {
                self.replaces(Forgets::Unused, &mut session.unused_ms, 0);
            }
            Some(What::Queue(queue)) => {
                self.replaces(Forgets::LogFloors, &mut queue.floors, Vec::new());
            }
            Some(What::Member(member)) => {
                self.replaces(Forgets::JoinNumbers, &mut member.join, 0);
                self.replaces(Forgets::ResultsOfMembers, &mut member.recent, None);
            }
            Some(What::Over(over)) => self.replaces(Forgets::OverTimes, &mut over.at_ms, 0),
            Some(What::Key(key)) => self.replaces(Forgets::KeysEnds, &mut key.until_ms, 0),
            Some(What::Config(config)) => {
                if let Some(classes) = &mut config.classes {
                    self.replaces(Forgets::ConfigVersionOfSnapshots, &mut classes.version, 0);
                }
            }
            Some(What::Heard(_)) => return self == Forgets::HeardOfSnapshots,
            Some(What::History(_)) => return self == Forgets::KeptMessages,
            Some(What::Remembered(_)) => return self == Forgets::ResultsRemembered,
            Some(
                What::User(_)
                | What::Event(_)
                | What::Cell(_)
                | What::Login(_)
                | What::Online(_)
                | What::Attempt(_)
                | What::Cohort(_)
                | What::Word(_)
                | What::Tell(_),
            )
            | None => {}
        }
        false
    }
}
