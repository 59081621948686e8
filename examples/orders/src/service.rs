//! `orders.v1.Orders` over the store: convert in, call, convert out.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use grpc_server::ErrorDomain;
use tonic::{Code, Request, Response, Status};
use tonic_types::ErrorDetails;

use crate::store::Store;
use crate::v1::orders_server::{Orders, OrdersServer};
use crate::v1::{GetOrderRequest, Order, WatchOrdersRequest};

const DOMAIN: ErrorDomain = ErrorDomain::new("orders.v1");

/// The service for tonic.
pub fn server(store: Store) -> OrdersServer<impl Orders> {
    OrdersServer::new(Service { store })
}

struct Service {
    store: Store,
}

impl Service {
    fn find(&self, id: i64) -> Result<Order, Status> {
        self.store.get(id).ok_or_else(|| {
            let message = format!("no order has the id {id}");
            DOMAIN.status(
                Code::NotFound,
                &message,
                "ORDER_NOT_FOUND",
                ErrorDetails::new(),
            )
        })
    }
}

#[tonic::async_trait]
impl Orders for Service {
    async fn get_order(
        &self,
        request: Request<GetOrderRequest>,
    ) -> Result<Response<Order>, Status> {
        Ok(Response::new(self.find(request.get_ref().id)?))
    }

    type WatchOrdersStream = Pin<Box<dyn Stream<Item = Result<Order, Status>> + Send>>;

    async fn watch_orders(
        &self,
        request: Request<WatchOrdersRequest>,
    ) -> Result<Response<Self::WatchOrdersStream>, Status> {
        let id = self.find(request.get_ref().id)?.id;
        Ok(Response::new(Box::pin(self.store.watch(id).map(Ok))))
    }
}
