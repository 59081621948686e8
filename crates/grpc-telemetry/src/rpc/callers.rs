//! The metrics of each calling service, by the name that Kitex clients send.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::KeyValue;

use super::code::Side;
use super::methods::{Method, Methods};
use super::settings::Settings;
use super::system::System;
use crate::names;

/// Maximum number of callers with metrics of their own, because callers choose their names. The
/// calls of further ones have those of [`OTHER`].
const MAX_CALLERS: usize = 32;
/// The value of [`names::SERVICE_PEER_NAME`] for all other callers.
const OTHER: &str = "_OTHER";

/// A caller, by the system of its calls and its name.
type Key = (System, String);

/// The methods of a server, for each of its callers.
#[derive(Debug)]
pub(super) struct Callers {
    settings: Settings,
    known: RwLock<HashMap<Key, Arc<Methods>>>,
}

impl Callers {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            known: RwLock::default(),
        }
    }

    /// The `method` of the server, as the caller by this name calls it.
    pub(super) fn method(&self, system: System, caller: String, method: &str) -> Arc<Method> {
        self.methods((system, caller)).learn(method)
    }

    fn methods(&self, caller: Key) -> Arc<Methods> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let caller = bounded(&known, caller);
        if let Some(methods) = known.get(&caller) {
            return Arc::clone(methods);
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Another caller may have got the last place meanwhile.
        let caller = bounded(&known, caller);
        let (system, settings) = (caller.0, self.settings);
        let name = KeyValue::new(names::SERVICE_PEER_NAME, caller.1.clone());
        let new = || Arc::new(Methods::new(Side::Server, system, settings, &[name], []));
        Arc::clone(known.entry(caller).or_insert_with(new))
    }
}

/// `caller`, if it is known or may become so, or else the one that stands for all others.
fn bounded(known: &HashMap<Key, Arc<Methods>>, caller: Key) -> Key {
    match known.len() < MAX_CALLERS || known.contains_key(&caller) {
        true => caller,
        false => (caller.0, OTHER.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    #[test]
    fn callers_beyond_the_limit_share_their_metrics() {
        let callers = Callers::new(Settings::of(&Environment::of(&[])));
        let of = |number: usize| callers.methods((System::Grpc, format!("caller-{number}")));
        let own: Vec<_> = (0..MAX_CALLERS).map(of).collect();
        let further = of(MAX_CALLERS);
        assert!(Arc::ptr_eq(&further, &of(MAX_CALLERS + 1)));
        for (number, methods) in own.iter().enumerate() {
            assert!(Arc::ptr_eq(methods, &of(number)));
            assert!(!Arc::ptr_eq(methods, &further));
        }
    }
}
