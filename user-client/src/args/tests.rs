use clap::CommandFactory;
use clap::error::ErrorKind;

use super::*;

fn parse(line: &str) -> Result<Args, clap::Error> {
    Args::try_parse_from(line.split_whitespace())
}

#[test]
fn the_command_line_is_consistent() {
    Args::command().debug_assert();
}

#[test]
fn defaults_are_the_documented_ones() {
    let args = parse("user-client get 1").unwrap();
    assert_eq!(args.global.output, Format::Table);
    assert_eq!(args.global.timeout, None);
    assert_eq!(args.global.otlp_listen.to_string(), "127.0.0.1:4317");
    assert!(!args.global.waterfall);
}

#[test]
fn global_flags_go_before_or_after_the_command() {
    for line in [
        "user-client --waterfall --server http://a:1 workflow all",
        "user-client workflow all --server http://a:1 --waterfall",
    ] {
        let args = parse(line).unwrap();
        assert!(args.global.waterfall);
        assert_eq!(args.global.server.to_string(), "http://a:1");
    }
}

#[test]
fn ids_that_no_user_has_are_left_to_the_service() {
    let args = Args::read("user-client get 0 -7 9".split_whitespace()).unwrap();
    assert!(matches!(args.command, Command::Get { ids } if ids == [0, -7, 9]));
}

#[test]
fn wrong_usage_is_refused() {
    let table = [
        (
            "user-client",
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
        ),
        ("user-client get", ErrorKind::MissingRequiredArgument),
        ("user-client get one", ErrorKind::ValueValidation),
        (
            "user-client get 9223372036854775808",
            ErrorKind::ValueValidation,
        ),
        (
            "user-client create --name a",
            ErrorKind::MissingRequiredArgument,
        ),
        (
            "user-client create --name a --email b --request-id 1",
            ErrorKind::ValueValidation,
        ),
        ("user-client workflow nothing", ErrorKind::InvalidValue),
        (
            "user-client --server nowhere get 1",
            ErrorKind::ValueValidation,
        ),
        (
            "user-client --timeout soon get 1",
            ErrorKind::ValueValidation,
        ),
        ("user-client --timeout 0s get 1", ErrorKind::ValueValidation),
        (
            "user-client --timeout 99999999years get 1",
            ErrorKind::ValueValidation,
        ),
        (
            "user-client --otlp-listen 4317 get 1",
            ErrorKind::ValueValidation,
        ),
        ("user-client --color pink get 1", ErrorKind::InvalidValue),
    ];
    for (line, expected) in table {
        let error = parse(line).unwrap_err();
        assert_eq!(error.kind(), expected, "{line}: {error}");
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn help_names_every_exit_code_and_an_example_of_each_command() {
    let help = Args::command().render_long_help().to_string();
    for words in [
        "user-client get 1",
        "user-client create",
        "--waterfall",
        "  7  deadline",
        "130  interrupted",
    ] {
        assert!(help.contains(words), "{words}");
    }
}
