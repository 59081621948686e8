//! An in-memory store of orders.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::sync::watch;

use crate::v1::{Order, State};

/// Orders by id. Clones share them.
#[derive(Clone, Debug)]
pub struct Store(watch::Sender<BTreeMap<i64, Order>>);

impl Store {
    /// A store with one order per item; ids start at 1.
    pub fn new(items: &[&str]) -> Self {
        let order = |(id, item): (i64, &&str)| {
            let order = Order {
                id,
                item: (*item).to_owned(),
                state: State::Placed.into(),
            };
            (id, order)
        };
        Self(watch::Sender::new((1..).zip(items).map(order).collect()))
    }

    /// The order with this id.
    pub fn get(&self, id: i64) -> Option<Order> {
        self.0.borrow().get(&id).cloned()
    }

    /// The order with this id, then the order again after each change, until it is
    /// delivered. A slow reader skips intermediate states.
    pub fn watch(&self, id: i64) -> impl Stream<Item = Order> + Send + use<> {
        let mut changes = self.0.subscribe();
        changes.mark_changed();
        stream::unfold(Some(changes), move |changes| async move {
            let mut changes = changes?;
            changes.changed().await.ok()?;
            let order = changes.borrow_and_update().get(&id).cloned()?;
            let is_last = order.state() == State::Delivered;
            Some((order, (!is_last).then_some(changes)))
        })
    }

    /// Moves all orders to their next state after each `pause`, until they are delivered.
    pub async fn deliver(self, pause: Duration) {
        for next in [State::Shipped, State::Delivered] {
            tokio::time::sleep(pause).await;
            self.0.send_modify(|orders| {
                for order in orders.values_mut() {
                    order.set_state(next);
                }
            });
        }
    }
}
