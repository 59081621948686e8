//! The routes of all methods, made from their descriptors: a new method with a rule has one.

mod find;
mod route;
mod rule;
mod template;

use prost_reflect::{DescriptorPool, MethodDescriptor};

pub use self::find::Lookup;
pub use self::route::{Body, Route};

/// A rule of `google.api.http` that can't be followed.
#[derive(Debug, thiserror::Error)]
#[error("the rule of {method} for {template} can't be followed: {reason}")]
pub struct InvalidRule {
    /// The full name of the method.
    pub method: String,
    /// The template of the path.
    pub template: String,
    /// What is wrong.
    pub reason: String,
}

/// The routes of all methods that have a rule, the most specific ones first.
#[derive(Clone, Debug)]
pub struct Routes(Vec<Route>);

impl Routes {
    /// Those of all services in `pool`.
    ///
    /// # Errors
    /// When a rule is not valid, or two of them are for the same requests.
    pub fn of(pool: &DescriptorPool) -> Result<Self, InvalidRule> {
        let mut routes = Vec::new();
        for service in pool.services() {
            for method in service.methods() {
                routes.extend(of_method(&method)?);
            }
        }
        routes.sort_by(|a, b| a.rank().cmp(&b.rank()));
        let twice = routes.windows(2).find(|it| it[0].rank() == it[1].rank());
        match twice {
            Some([first, second]) => Err(second.conflict(first)),
            _ => Ok(Self(routes)),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.0.iter()
    }
}

fn of_method(method: &MethodDescriptor) -> Result<Vec<Route>, InvalidRule> {
    let rules = rule::rules(method).map_err(|reason| InvalidRule {
        method: method.full_name().to_owned(),
        template: String::new(),
        reason: reason.to_owned(),
    })?;
    let routes = rules.into_iter().map(|rule| Route::new(method, rule));
    routes.collect()
}

#[cfg(test)]
mod tests;
