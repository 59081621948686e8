//! The options that every command has.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::{PathBufValueParser, TypedValueParser};
use cli_settings::address;
use grpc_channel::Target;
use trace_view::jaeger::Address;

use super::values::{timeout, written_file};
use super::{Access, Credentials, Registries};

/// Flags that every command has.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Calls")]
pub struct Global {
    /// The user-service to call: http://HOST:PORT, or https:// for TLS; several
    /// as http://HOST:PORT,HOST:PORT; all addresses of a name as dns:///HOST:PORT,
    /// or with TLS as dns+https:///HOST:PORT; all instances in etcd as
    /// etcd://HOST:PORT/SERVICE, or with TLS as etcd+https://HOST:PORT/SERVICE.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "USER_SERVICE",
        hide_env_values = true,
        default_value = "http://localhost:8888"
    )]
    pub server: Target,

    /// The protocol. Kitex servers speak thrift and kitex-protobuf; gateway calls over grpc alone.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "NAME",
        env = "USER_SERVICE_PROTOCOL",
        default_value_t = Protocol::Grpc
    )]
    pub protocol: Protocol,

    /// Authentication.
    #[command(flatten)]
    pub access: Access,

    /// TLS.
    #[command(flatten)]
    pub credentials: Credentials,

    /// The format of data: a table, or one JSON object per line.
    #[arg(long, help_heading = "Output", global = true, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    pub output: Format,

    /// The deadline of each call, such as 500ms or 1m 30s [default: 10s; none for list, import
    /// and lookup].
    #[arg(long, global = true, value_name = "DURATION", value_parser = timeout)]
    pub timeout: Option<Duration>,

    /// Draw the trace of the calls as a waterfall; with --output json on standard error.
    #[arg(long, help_heading = "Traces", global = true)]
    pub waterfall: bool,

    /// Write the waterfall to this file too, as an SVG image; implies --waterfall.
    #[arg(long, help_heading = "Traces", global = true, value_name = "FILE",
          value_parser = PathBufValueParser::new().try_map(written_file))]
    pub svg: Option<PathBuf>,

    /// The address on which spans are received over OTLP, for trace listen, and for --waterfall unless
    /// --jaeger is set: IP:PORT, HOST:PORT or :PORT.
    #[arg(
        long,
        help_heading = "Traces",
        global = true,
        value_name = "ADDR",
        default_value = "127.0.0.1:4317",
        value_parser = address
    )]
    pub otlp_listen: SocketAddr,

    /// The URL of Jaeger's pages, such as http://localhost:16686: --waterfall and trace read
    /// traces from there, and each error with a trace id links to its page.
    #[arg(
        long,
        help_heading = "Traces",
        global = true,
        value_name = "URL",
        env = "JAEGER_URL",
        hide_env_values = true
    )]
    pub jaeger: Option<Address>,

    /// When to use colour; auto means on a terminal, unless NO_COLOR is set.
    #[arg(long, help_heading = "Output", global = true, value_enum, value_name = "WHEN", default_value_t = ColorWhen::Auto)]
    pub color: ColorWhen,

    /// Which log records to write, such as info or user_client=debug [default: warn].
    #[arg(
        long,
        help_heading = "Output",
        global = true,
        value_name = "FILTER",
        env = "RUST_LOG"
    )]
    pub log_filter: Option<String>,

    /// The format of log records [default: pretty on a terminal, else json].
    #[arg(
        long,
        help_heading = "Output",
        global = true,
        value_enum,
        value_name = "FORMAT",
        env = "LOG_FORMAT"
    )]
    pub log_format: Option<LogFormat>,

    /// The registry of --server.
    #[command(flatten)]
    pub registries: Registries,
}

impl Global {
    /// Whether to draw the trace of the run.
    pub fn draws_waterfall(&self) -> bool {
        self.waterfall || self.svg.is_some()
    }
}

/// What is spoken with the service.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Protocol {
    /// gRPC.
    Grpc,
    /// Thrift, as Kitex speaks it: over TTHeader, and with streams over gRPC.
    Thrift,
    /// Kitex Protobuf, and with streams gRPC.
    KitexProtobuf,
}

/// The format of data.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs: one JSON object per line.
    Json,
}

/// When colour is used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Even into files and pipes.
    Always,
    /// Not at all.
    Never,
}

/// The format of log records.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For programs.
    Json,
}
