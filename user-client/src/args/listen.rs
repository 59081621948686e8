//! The command line of `trace listen`.

use std::net::SocketAddr;
use std::time::Duration;

use cli_settings::address;
use trace_view::live::Filter;

use super::values::timeout;

/// Where spans are received, and which traces are drawn.
#[derive(Clone, Debug, clap::Args)]
pub struct Listen {
    /// The second address: exporters use 4317 for gRPC and 4318 for HTTP, and each of both addresses takes
    /// either.
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:4318",
        value_parser = address
    )]
    pub otlp_http_listen: SocketAddr,

    /// Show the traces as pages for a browser too, on this address [without one: 127.0.0.1:4319].
    #[arg(
        long,
        value_name = "ADDR",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:4319",
        value_parser = address
    )]
    pub web: Option<SocketAddr>,

    /// Draw only traces with a span of this service.
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,

    /// Draw only traces with a span that failed.
    #[arg(long)]
    pub errors: bool,

    /// Draw only traces that took longer.
    #[arg(long, value_name = "DURATION", value_parser = timeout)]
    pub slower_than: Option<Duration>,
}

impl Listen {
    /// What a trace has to have to be drawn.
    pub fn filter(&self) -> Filter {
        Filter {
            service: self.service.clone(),
            name: None,
            errors: self.errors,
            slower_than: self.slower_than,
        }
    }
}
