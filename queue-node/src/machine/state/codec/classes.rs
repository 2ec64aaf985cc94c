//! Classes of queues.

use proto::class::{
    Access, Class, Create, MountClass, MountKind, OnSlow, Presence, SessionPolicy, TellKind,
};
use proto::classes::field::{class, classes, mount_class};
use proto::wire::{self, Value, WireError};

use super::{each, read_numbers};
use crate::machine::state::class::Classes;
use crate::machine::state::items::bounded;

/// How records name each way; an enum's place in its list is its number.
const CREATES: [Create; 3] = [Create::Auto, Create::Rpc, Create::Callout];
const ACCESSES: [Access; 4] = [Access::Open, Access::Members, Access::Server, Access::Callout];
const PRESENCES: [Presence; 3] = [Presence::Users, Presence::Count, Presence::Off];
const POLICIES: [SessionPolicy; 3] =
    [SessionPolicy::NewestWins, SessionPolicy::OldestWins, SessionPolicy::Many];

fn number<T: PartialEq>(list: &[T], one: &T) -> u64 {
    list.iter().position(|other| other == one).map_or(0, |at| at as u64)
}

fn of<T: Copy>(list: &[T], value: Value<'_>) -> Result<T, WireError> {
    list.get(value.uint32()? as usize).copied().ok_or(WireError)
}

/// Appends all configured classes.
pub(in crate::machine::state) fn put(out: &mut Vec<u8>, all: &Classes) {
    wire::put_uint(out, classes::VERSION, all.version());
    for class in all.configured() {
        wire::put_part(out, classes::CLASSES, |out| put_class(out, &class.class));
    }
}

/// Appends a class.
pub(in crate::machine::state) fn put_class(out: &mut Vec<u8>, class: &Class) {
    wire::put_bytes(out, class::PATTERN, class.pattern.as_bytes());
    wire::put_uint(out, class::CREATE, number(&CREATES, &class.create));
    wire::put_uint(out, class::JOIN, number(&ACCESSES, &class.join));
    wire::put_uint(out, class::MAX_MEMBERS, class.max_members as u64);
    wire::put_uint(out, class::PRESENCE, number(&PRESENCES, &class.presence));
    wire::put_uint(out, class::IDLE_TTL_MS, class.idle_ttl_ms);
    wire::put_uint(out, class::SESSIONS, number(&POLICIES, &class.sessions));
    wire::put_uint(out, class::SESSIONS_MAX, class.sessions_max as u64);
    if let Some(callout) = &class.callout {
        wire::put_nested(out, class::CALLOUT, callout.len());
        out.extend_from_slice(callout.as_bytes());
    }
    if !class.tells.is_empty() {
        wire::put_part(out, class::TELLS, |out| {
            class.tells.iter().for_each(|kind| wire::put_varint(out, kind.number().into()));
        });
    }
    for mount in &class.mounts {
        wire::put_part(out, class::MOUNTS, |out| put_mount(out, mount));
    }
}

fn put_mount(out: &mut Vec<u8>, mount: &MountClass) {
    wire::put_bytes(out, mount_class::NAME, mount.name.as_bytes());
    wire::put_uint(out, mount_class::STATE, u64::from(mount.kind == MountKind::State));
    wire::put_uint(out, mount_class::SEND, number(&ACCESSES, &mount.send));
    wire::put_uint(out, mount_class::HISTORY, mount.history as u64);
    wire::put_uint(out, mount_class::HISTORY_BYTES, mount.history_bytes as u64);
    wire::put_uint(out, mount_class::HISTORY_MS, mount.history_ms);
    wire::put_uint(out, mount_class::CLOSE_SLOW, u64::from(mount.on_slow == OnSlow::Close));
    wire::put_uint(out, mount_class::ECHO, u64::from(mount.echo));
}

/// Reads all configured classes.
pub(in crate::machine::state) fn read(bytes: &[u8]) -> Result<Classes, WireError> {
    let (mut read, mut version) = (Vec::new(), 0);
    each(bytes, |number, value| {
        match number {
            classes::CLASSES => read.push(read_class(value.bytes()?)?),
            classes::VERSION => version = bounded(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(Classes::of(&read, version))
}

/// Reads a class.
pub(in crate::machine::state) fn read_class(bytes: &[u8]) -> Result<Class, WireError> {
    let mut read = Class {
        pattern: String::new(),
        create: CREATES[0],
        join: ACCESSES[0],
        max_members: 0,
        presence: PRESENCES[0],
        idle_ttl_ms: 0,
        sessions: POLICIES[0],
        sessions_max: 0,
        callout: None,
        tells: Vec::new(),
        mounts: Vec::new(),
    };
    each(bytes, |number, value| {
        match number {
            class::PATTERN => value.text()?.clone_into(&mut read.pattern),
            class::CREATE => read.create = of(&CREATES, value)?,
            class::JOIN => read.join = of(&ACCESSES, value)?,
            class::MAX_MEMBERS => read.max_members = value.uint()? as usize,
            class::PRESENCE => read.presence = of(&PRESENCES, value)?,
            class::IDLE_TTL_MS => read.idle_ttl_ms = value.uint()?,
            class::SESSIONS => read.sessions = of(&POLICIES, value)?,
            class::SESSIONS_MAX => read.sessions_max = value.uint()? as usize,
            class::CALLOUT => read.callout = Some(value.text()?.to_owned()),
            class::MOUNTS => read.mounts.push(read_mount(value.bytes()?)?),
            _ => {}
        }
        Ok(())
    })?;
    let kind = |number: u64| TellKind::from_number(number as u32).ok_or(WireError);
    read.tells =
        read_numbers(bytes, class::TELLS)?.into_iter().map(kind).collect::<Result<_, _>>()?;
    (read.mounts.len() <= proto::limits::MOUNTS_MAX).then_some(read).ok_or(WireError)
}

fn read_mount(bytes: &[u8]) -> Result<MountClass, WireError> {
    let mut read = MountClass {
        name: String::new(),
        kind: MountKind::Message,
        send: ACCESSES[0],
        history: 0,
        history_bytes: 0,
        history_ms: 0,
        on_slow: OnSlow::DropOldest,
        echo: false,
    };
    each(bytes, |number, value| {
        match number {
            mount_class::NAME => value.text()?.clone_into(&mut read.name),
            mount_class::STATE if value.uint()? != 0 => read.kind = MountKind::State,
            mount_class::SEND => read.send = of(&ACCESSES, value)?,
            mount_class::HISTORY => read.history = value.uint()? as usize,
            mount_class::HISTORY_BYTES => read.history_bytes = value.uint()? as usize,
            mount_class::HISTORY_MS => read.history_ms = value.uint()?,
            mount_class::CLOSE_SLOW if value.uint()? != 0 => read.on_slow = OnSlow::Close,
            mount_class::ECHO => read.echo = value.uint()? != 0,
            _ => {}
        }
        Ok(())
    })?;
    Ok(read)
}
