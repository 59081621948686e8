//! One trace over both sides of a Kitex call.

use kitex_codec::{MessageKind, keys};
use testkit::conventions::violations;
use testkit::{TableLock, Trace, text};

use crate::peer::Peer;
use crate::support::{get_user, start};
use crate::vectors::named;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_of_a_client_goes_on_down_to_the_database() {
    let env = start(&[("CACHE_TTL", "0s")]).await;
    let mut peer = Peer::connect(env.url()).await;
    let mut call = get_user(7);
    let infos = &mut call.header.infos;
    infos.set_string("RPC_TRANSIT_traceparent", PARENT);
    call.header
        .infos
        .set_int(keys::FROM_SERVICE, "shop-frontend");
    peer.send(&call.bytes()).await;
    peer.answer().await;
    peer.send(&named("framed-getuser-ok").sent).await;
    peer.answer().await;

    let (traces, _database) = env.finish().await;

    let continued = traces.iter().find(|it| it.id() == &PARENT[3..35]);
    let tree = continued.unwrap().tree();
    assert_eq!(
        tree,
        "user-service SERVER UserService/GetUser\n  user-service CLIENT SELECT users\n"
    );
    let span = &continued.unwrap().spans()[0];
    assert_eq!(text(span, "rpc.system.name"), Some("kitex"));
    assert_eq!(text(span, "rpc.method"), Some("UserService/GetUser"));
    assert_eq!(text(span, "service.peer.name"), Some("shop-frontend"));
    for trace in &traces {
        for span in trace.spans() {
            assert_eq!(violations(span), Vec::<String>::new());
        }
    }
    let own = |trace: &&Trace| trace.id() != &PARENT[3..35];
    let own = traces.iter().find(own).unwrap();
    assert_eq!(own.tree(), tree);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_a_kitex_client_that_does_not_sample_are_not_sampled() {
    let env = start(&[
        ("CACHE_TTL", "0s"),
        ("KITEX_COMPAT", "true"),
        ("TRACE_KEEP", "errors"),
    ])
    .await;
    let mut peer = Peer::connect(env.url()).await;
    peer.send(&named("suite-getuser-unsampled").sent).await;
    assert_eq!(peer.answer().await.1.kind, MessageKind::Reply);
    // This framing has no infos, so that its clients decide nothing.
    let mut framed = Peer::connect(env.url()).await;
    framed.send(&named("framed-getuser-ok").sent).await;
    framed.answer().await;
    let _lock = TableLock::on_users(env.database()).await;
    let mut late = get_user(7);
    late.header.infos.set_int(keys::FROM_SERVICE, "shop");
    late.header.infos.set_int(keys::RPC_TIMEOUT, "100");
    peer.send(&late.bytes()).await;
    assert_eq!(peer.answer().await.1.kind, MessageKind::Exception);

    let (traces, _database) = env.finish().await;

    let peers = traces.iter().map(|it| {
        let call = it.span("UserService/GetUser");
        text(call, "service.peer.name").map(str::to_owned)
    });
    let mut peers: Vec<_> = peers.collect();
    peers.sort_unstable();
    assert_eq!(peers, [None, Some("shop".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_name_the_caller_where_kitex_is_expected() {
    for (compatible, labels) in [
        ("true", &["service_peer_name=\"shop-frontend\""][..]),
        ("false", &["rpc_system_name=\"kitex\""]),
    ] {
        let env = start(&[("KITEX_COMPAT", compatible)]).await;
        let mut peer = Peer::connect(env.url()).await;
        let mut call = get_user(7);
        let infos = &mut call.header.infos;
        infos.set_int(keys::FROM_SERVICE, "shop-frontend");
        peer.send(&call.bytes()).await;
        peer.answer().await;
        let metrics = env.service.metrics().await;
        let name = "rpc_server_call_duration_seconds_count";
        assert_eq!(metrics.sum(name, labels), 1.0, "{}", metrics.text());
        let is_named = metrics.text().contains("service_peer_name");
        assert_eq!(is_named, compatible == "true");
    }
}
