use super::*;
use crate::fixture::{client, ended, failed, internal, server, store};
use crate::text;

fn user_management() -> Vec<Span> {
    vec![
        internal(1, 0, "workflow user-management", (0, 12_400)),
        client(2, 1, "CreateUser", (200, 6_300)),
        server(3, 2, "CreateUser", (900, 5_900)),
        store(4, 3, "INSERT users", (1_100, 4_900)),
        store(5, 3, "SET", (5_100, 5_600)),
        client(6, 1, "GetUser", (6_500, 12_300)),
        server(7, 6, "GetUser", (7_000, 11_900)),
        store(8, 7, "GET", (7_100, 7_400)),
        store(9, 7, "SELECT users", (7_600, 11_000)),
    ]
}

/// Compares line by line, so that a difference can be seen.
fn assert_picture(spans: Vec<Span>, width: usize, expected: &str) {
    let style = DrawOptions {
        width,
        color: false,
    };
    let drawn = trace(spans, style);
    assert!(drawn.lines().all(|line| text::width(line) <= width));
    assert_eq!(drawn, expected.trim_start(), "\n{drawn}");
}

#[test]
fn a_workflow() {
    assert_picture(
        user_management(),
        100,
        "
trace abababababababababababababababab
12.4 ms · 9 spans · 2 services

SERVICE       KIND      SPAN                                   TIME  0           5 ms         10 ms
user-client   INTERNAL  workflow user-management            12.4 ms  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
user-client   CLIENT    ├ user.v1.UserService/CreateUser    6.10 ms  ╺━━━━━━━━━━━━━━━         ┊
user-service  SERVER    │ └ user.v1.UserService/CreateUser  5.00 ms  ┊ ╺━━━━━━━━━━━━          ┊
user-service  CLIENT    │   ├ INSERT users                  3.80 ms  ┊  ━━━━━━━━━╸            ┊
user-service  CLIENT    │   └ SET                            500 µs  ┊           ┊━           ┊
user-client   CLIENT    └ user.v1.UserService/GetUser       5.80 ms  ┊           ┊   ╺━━━━━━━━━━━━━━
user-service  SERVER      └ user.v1.UserService/GetUser     4.90 ms  ┊           ┊    ╺━━━━━━━━━━━━
user-service  CLIENT        ├ GET                            300 µs  ┊           ┊     ╸      ┊
user-service  CLIENT        └ SELECT users                  3.40 ms  ┊           ┊      ━━━━━━━━╸
",
    );
}

#[test]
fn a_workflow_on_a_narrow_terminal() {
    assert_picture(
        user_management(),
        60,
        "
trace abababababababababababababababab
12.4 ms · 9 spans · 2 services

SERVICE          SPAN                 TIME 0      5 ms
user-client  INT workflow user-ma… 12.4 ms ━━━━━━━━━━━━━━━━━
user-client  CLI ├ …/CreateUser    6.10 ms ╺━━━━━━━╸    ┊
user-service SRV │ └ …/CreateUser  5.00 ms ┊━━━━━━━     ┊
user-service CLI │   ├ INSERT use… 3.80 ms ┊╺━━━━╸┊     ┊
user-service CLI │   └ SET          500 µs ┊      ╸     ┊
user-client  CLI └ …/GetUser       5.80 ms ┊      ┊ ━━━━━━━━
user-service SRV   └ …/GetUser     4.90 ms ┊      ┊ ╺━━━━━━╸
user-service CLI     ├ GET          300 µs ┊      ┊ ╺   ┊
user-service CLI     └ SELECT use… 3.40 ms ┊      ┊  ╺━━━━
",
    );
}

#[test]
fn failures_are_marked_and_named() {
    let spans = vec![
        internal(1, 0, "workflow failure-tour", (0, 3_000)),
        failed(client(2, 1, "CreateUser", (0, 900)), "INVALID_ARGUMENT"),
        ended(server(3, 2, "CreateUser", (200, 700)), "INVALID_ARGUMENT"),
        failed(client(4, 1, "GetUser", (1_000, 2_900)), "NOT_FOUND"),
        ended(server(5, 4, "GetUser", (1_200, 2_800)), "NOT_FOUND"),
        store(6, 5, "SELECT users", (1_300, 2_700)),
    ];
    assert_picture(
        spans.clone(),
        100,
        "
trace abababababababababababababababab
3.00 ms · 6 spans · 2 services · 2 errors

SERVICE       KIND      SPAN                        TIME  0      1 ms   2 ms
user-client   INTERNAL  workflow failure-tour    3.00 ms  ━━━━━━━━━━━━━━━━━━━━━━
user-client   CLIENT    ├ …/CreateUser            900 µs  ━━━━━━╸┊      ┊         ✗ INVALID_ARGUMENT
user-service  SERVER    │ └ …/CreateUser          500 µs  ┊╺━━━  ┊      ┊         INVALID_ARGUMENT
user-client   CLIENT    └ …UserService/GetUser   1.90 ms  ┊      ╺━━━━━━━━━━━━━╸  ✗ NOT_FOUND
user-service  SERVER      └ …/GetUser            1.60 ms  ┊      ┊ ━━━━━━━━━━━╸   NOT_FOUND
user-service  CLIENT        └ SELECT users       1.40 ms  ┊      ┊ ╺━━━━━━━━━━
",
    );
    assert_picture(
        spans,
        60,
        "
trace abababababababababababababababab
3.00 ms · 6 spans · 2 services · 2 errors

SERVICE          SPAN           TIME 0     2 ms
user-client  INT workflow f… 3.00 ms ━━━━━━━━━━
user-client  CLI ├ CreateUs…  900 µs ━━━   ┊    ✗ INVALID_A…
user-service SRV …└ CreateU…  500 µs ╺━╸   ┊    INVALID_ARG…
user-client  CLI └ …/GetUser 1.90 ms ┊  ╺━━━━━╸ ✗ NOT_FOUND
user-service SRV …└ GetUser  1.60 ms ┊   ━━━━━╸ NOT_FOUND
user-service CLI …└ SELECT … 1.40 ms ┊   ╺━━━━
",
    );
}

#[test]
fn hundreds_of_spans() {
    let mut spans = vec![internal(1, 0, "workflow fan-out", (0, 50_000))];
    for call in 0..100 {
        let id = 10 + call * 3;
        let start = 100 + call * 400;
        spans.push(client(id, 1, "GetUser", (start, start + 1_200 + call * 22)));
        spans.push(server(id + 1, id, "GetUser", (start + 300, start + 900)));
        spans.push(store(id + 2, id + 1, "GET", (start + 400, start + 800)));
    }
    assert_picture(
        spans.clone(),
        100,
        "
trace abababababababababababababababab
50.0 ms · 301 spans · 2 services

SERVICE       KIND      SPAN                                TIME  0      10 ms 20 ms  30 ms  40 ms
user-client   INTERNAL  workflow fan-out                 50.0 ms  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
user-client   CLIENT    ├ user.v1.UserService/GetUser    1.20 ms  ━      ┊     ┊      ┊      ┊
user-service  SERVER    │ └ user.v1.UserService/GetUser   600 µs  ╺      ┊     ┊      ┊      ┊
user-service  CLIENT    │   └ GET                         400 µs  ╺      ┊     ┊      ┊      ┊
user-client   CLIENT    ├ user.v1.UserService/GetUser    1.22 ms  ╺      ┊     ┊      ┊      ┊
user-service  SERVER    │ └ user.v1.UserService/GetUser   600 µs  ╺      ┊     ┊      ┊      ┊
user-service  CLIENT    │   └ GET                         400 µs  ╺      ┊     ┊      ┊      ┊
user-client   CLIENT    ├ user.v1.UserService/GetUser    1.24 ms  ╺╸     ┊     ┊      ┊      ┊
user-service  SERVER    │ └ user.v1.UserService/GetUser   600 µs  ┊╸     ┊     ┊      ┊      ┊
user-service  CLIENT    │   └ GET                         400 µs  ┊╸     ┊     ┊      ┊      ┊
user-client   CLIENT    └ … 97 more …/GetUser       1.27–3.38 ms  ┊────────────────────────────╴
",
    );
    assert_picture(
        spans,
        60,
        "
trace abababababababababababababababab
50.0 ms · 301 spans · 2 services

SERVICE          SPAN                 TIME 0      20 ms
user-client  INT workflow fan-out  50.0 ms ━━━━━━━━━━━━━━━━━
user-client  CLI ├ …/GetUser       1.20 ms ╸      ┊     ┊
user-service SRV │ └ …/GetUser      600 µs ╸      ┊     ┊
user-service CLI │   └ GET          400 µs ╸      ┊     ┊
user-client  CLI ├ …/GetUser       1.22 ms ╸      ┊     ┊
user-service SRV │ └ …/GetUser      600 µs ╺      ┊     ┊
user-service CLI │   └ GET          400 µs ╺      ┊     ┊
user-client  CLI ├ …/GetUser       1.24 ms ╺      ┊     ┊
user-service SRV │ └ …/GetUser      600 µs ╺      ┊     ┊
user-service CLI │   └ GET          400 µs ╺      ┊     ┊
user-client  CLI └ … 97 more  1.27–3.38 ms ╶─────────────╴
",
    );
}

#[test]
fn orphans_and_one_instant() {
    let spans = vec![
        client(1, 0, "GetUser", (5_000, 5_000)),
        store(2, 77, "GET", (5_000, 5_000)),
    ];
    assert_picture(
        spans,
        80,
        "
trace abababababababababababababababab
0 ns · 2 spans · 2 services

SERVICE       KIND    SPAN                        TIME  0
user-client   CLIENT  …UserService/GetUser        0 ns  ╸
                      (orphan)
user-service  CLIENT  └ GET                       0 ns  ╸
",
    );
}

#[test]
fn clock_skew_is_reported_and_corrected() {
    let spans = vec![
        client(1, 0, "GetUser", (5_000_000, 5_010_000)),
        server(2, 1, "GetUser", (1_000_000, 1_006_000)),
    ];
    assert_picture(
        spans,
        80,
        "
trace abababababababababababababababab
10.0 ms · 2 spans · 2 services
the clock of user-service differs: its spans are drawn moved by 4.00 s

SERVICE       KIND    SPAN                         TIME  0          5 ms
user-client   CLIENT  …UserService/GetUser      10.0 ms  ━━━━━━━━━━━━━━━━━━━━━━━
user-service  SERVER  └ …UserService/GetUser    6.00 ms  ┊   ╺━━━━━━━━━━━━━╸
",
    );
}

#[test]
fn what_came_over_the_wire_cannot_command_the_terminal() {
    let mut spans = vec![failed(client(1, 0, "Get\u{1b}[2J", (0, 1)), "\u{1b}[31mX")];
    spans[0].service = "user\nservice".to_owned();
    let style = DrawOptions {
        width: 100,
        color: false,
    };
    let drawn = trace(spans, style);
    assert!(!drawn.contains('\u{1b}'), "{drawn:?}");
    assert_eq!(drawn.lines().count(), 5, "{drawn:?}");
}

#[test]
fn colour_changes_no_character() {
    let painted = DrawOptions {
        width: 100,
        color: true,
    };
    let plain = DrawOptions {
        width: 100,
        color: false,
    };
    let mut spans = user_management();
    spans.push(failed(store(10, 3, "SET", (5_700, 5_800)), "timeout"));
    let mut stripped = trace(spans.clone(), painted);
    assert!(stripped.contains("\u{1b}[31m"));
    for code in ["0", "1", "2", "31", "32", "36"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    let lines: Vec<_> = stripped.lines().map(str::trim_end).collect();
    assert_eq!(lines.join("\n"), trace(spans, plain).trim_end());
}
