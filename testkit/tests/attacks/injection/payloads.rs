//! Payloads from families and disguises, the same in every run.

/// In every payload, to find it again wherever it went.
pub(crate) const MARK: &str = "zqx7";

/// A text that some part would like to take for more.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    pub(crate) number: usize,
    pub(crate) text: String,
}

/// What each part that texts pass through could take for its own; `{}` is the mark.
const FAMILIES: [&str; 76] = [
    // SQL
    "'{}",
    "\"{}",
    "{}' OR '1'='1",
    "{}' OR 1=1 --",
    "{}\" OR \"\"=\"",
    "{}'; DROP TABLE users; --",
    "{}'); DELETE FROM users; --",
    "{}' UNION SELECT id, email, name FROM users --",
    "{}'; UPDATE users SET email='x' WHERE 1=1; --",
    "{}'; INSERT INTO users (name) VALUES ('x'); --",
    "{}'/**/OR/**/1=1#",
    "{}' AND pg_sleep(10) --",
    "{}'; COPY users TO PROGRAM 'id'; --",
    "{}'; ATTACH DATABASE 'x' AS y; --",
    "{}' || (SELECT version()) || '",
    "{}\\'; DROP TABLE users; --",
    "$${}$$; DROP TABLE users",
    "$1{}",
    "{}%_",
    "{}::regclass",
    // Redis
    "{}\r\nFLUSHALL\r\n",
    "{}\r\n*1\r\n$8\r\nFLUSHALL\r\n",
    "{}\r\nSET user:v1:1 x\r\n",
    "{}\nCONFIG SET dir /tmp",
    "user:v1:{}",
    "{}:*",
    "{}' 1) redis.call('FLUSHALL') --",
    "{}\0FLUSHALL",
    // Logs
    "{}\n{\"level\":\"ERROR\",\"message\":\"forged\"}",
    "{}\r\n2026-01-01T00:00:00Z ERROR forged",
    "{}\",\"level\":\"ERROR\",\"x\":\"",
    "{}\"}\n{\"message\":\"forged\"}",
    "{}\\\",\\\"level\\\":\\\"ERROR",
    "{}\u{1b}[31mred\u{1b}[0m",
    "{}\u{1b}]0;title\u{7}",
    "{}\u{9b}2J",
    "{}\u{2028}forged",
    "{}\u{85}forged",
    "{}\u{8}\u{8}\u{8}\u{8}",
    // Headers and metadata
    "{}\r\ngrpc-status: 0",
    "{}\r\nx-admin: true",
    "{}\r\n\r\n<html>",
    "{}, user=admin",
    "{};level=1,=,;=",
    "grpc-status={}",
    // Paths and shells
    "../../{}/etc/passwd",
    "..\\..\\{}",
    "/{}/../../user.v1.UserService/GetUser",
    "{}/.//..;/",
    "file:///{}",
    "{}; cat /etc/passwd",
    "{} | id",
    "$(id){}",
    "`id`{}",
    // Unicode
    "{}\u{202e}moc.elpmaxe@ada",
    "{}\u{200b}\u{200d}\u{feff}",
    "\u{feff}{}",
    "{}\u{ff07} OR 1=1 --",
    "{}\u{2bc} OR 1=1 --",
    "{}\u{fffd}\u{ffff}",
    "{}\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "{}e\u{301}\u{302}\u{303}\u{304}",
    "{}\u{e0001}\u{e0041}",
    "\u{1d4b5}{}\u{130}\u{df}\u{fb01}",
    "{}@example.com\u{0}.evil.example",
    // Templates and formats
    "{{{}}}",
    "{}{0}{name}{:?}",
    "%s%n%x{}",
    "${jndi:ldap://{}/x}",
    "#{7*7}{}",
    "<%= 7*7 %>{}",
    "{{7*7}}{}",
    "<script>alert('{}')</script>",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///{}'>]>",
    "{\"$gt\":\"{}\"}",
    "=cmd|'/c calc'!{}",
];

/// Ways around a filter.
const DISGUISES: [fn(&str) -> String; 18] = [
    str::to_owned,
    percent_encoded,
    |text| percent_encoded(text).replace('%', "%25"),
    |text| text.replace(' ', "/**/"),
    |text| text.replace(' ', "\t"),
    |text| text.replace(' ', "\u{a0}"),
    full_width,
    |text| format!("{text}\0"),
    |text| format!("{text}\r\n"),
    |text| format!("\\{text}"),
    |text| format!("{text}\\"),
    |text| text.replace('\'', "''").replace('"', "\"\""),
    |text| format!("{text}@example.com"),
    |text| format!("a\u{300}{text}"),
    |text| format!("'{text}'"),
    |text| format!("\"{text}\""),
    |text| text.escape_unicode().to_string() + text,
    |text| text.replace('<', "&lt;") + "&#39;&quot;",
];

/// All of them, without repetitions.
pub(crate) fn payloads() -> Vec<Payload> {
    let mut payloads = Vec::<Payload>::new();
    let mut known = std::collections::HashSet::new();
    for family in FAMILIES {
        let plain = family.replacen("{}", MARK, 1);
        for disguise in DISGUISES {
            let text = disguise(&plain);
            if known.insert(text.clone()) {
                let number = payloads.len();
                payloads.push(Payload { number, text });
            }
        }
    }
    payloads
}

/// Everything but letters and digits by its bytes.
pub(crate) fn percent_encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

/// The characters that programs act on, as their wide doubles.
fn full_width(text: &str) -> String {
    let wide = |it: char| match it {
        '!'..='/' | ':'..='@' | '['..='`' | '{'..='~' => {
            char::from_u32(u32::from(it) + 0xfee0).unwrap()
        }
        _ => it,
    };
    text.chars().map(wide).collect()
}
