//! The help of subcommands: their own options, and of the global ones those with an effect.

use clap::{Arg, Command};

/// Which of the global options the help of a subcommand shows. All of them are accepted everywhere.
#[derive(Clone, Copy, Debug)]
pub struct SubcommandHelp {
    /// For each subcommand the ids of the options with an effect on it and on those below it, which have names
    /// such as `trace show`; a subcommand that is not listed shows none of them.
    pub shown: &'static [(&'static str, &'static [&'static str])],
    /// The subcommands on which all of them have an effect.
    pub all: &'static [&'static str],
    /// The line below the help of a subcommand: where the others are described.
    pub hint: &'static str,
}

/// `command`, whose subcommands hide the global options that `help` doesn't show.
pub(crate) fn without_idle_options(mut command: Command, help: SubcommandHelp) -> Command {
    // Copies the global options into all subcommands.
    command.build();
    command.mut_subcommands(|it| {
        let name = it.get_name();
        if name == "help" || help.all.contains(&name) {
            return it;
        }
        let path = name.to_owned();
        trimmed(it, &path, help)
    })
}

fn trimmed(command: Command, path: &str, help: SubcommandHelp) -> Command {
    let is_of = |of: &str| path.strip_prefix(of).is_some_and(is_end_of_name);
    let lists = help.shown.iter().filter(|(of, _)| is_of(of));
    let shown: Vec<&str> = lists.flat_map(|(_, ids)| *ids).copied().collect();
    let hidden = |arg: &Arg| arg.is_global_set() && !shown.contains(&arg.get_id().as_str());
    let below = match command.get_after_help() {
        Some(text) => format!("{text}\n\n{}", help.hint),
        None => help.hint.to_owned(),
    };
    let command = command.mut_args(|arg| match hidden(&arg) {
        true => arg.hide(true),
        false => arg,
    });
    let command = command.mut_subcommands(|it| match it.get_name() {
        "help" => it,
        name => {
            let path = format!("{path} {name}");
            trimmed(it, &path, help)
        }
    });
    command.after_help(below)
}

/// Whether a name ends before `rest`.
fn is_end_of_name(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(' ')
}

#[cfg(test)]
mod tests {
    use clap::Arg;

    use super::*;

    fn help_of(subcommand: &str) -> String {
        let mut command = command();
        let parsed = command.try_get_matches_from_mut(["program", subcommand, "--limit", "1"]);
        assert!(parsed.is_ok(), "{parsed:?}");
        let found = command.find_subcommand_mut(subcommand).unwrap();
        found.render_long_help().to_string()
    }

    fn command() -> Command {
        let global = |name: &'static str| Arg::new(name).long(name).global(true);
        let command = Command::new("program")
            .arg(global("url"))
            .arg(global("limit"))
            .subcommand(
                Command::new("migrate")
                    .arg(Arg::new("own").long("own"))
                    .subcommand(Command::new("down")),
            )
            .subcommand(Command::new("serve"));
        let help = SubcommandHelp {
            shown: &[("migrate", &["url"]), ("migrate down", &["limit"])],
            all: &["serve"],
            hint: "See program --help.",
        };
        without_idle_options(command, help)
    }

    #[test]
    fn a_subcommand_shows_the_options_with_an_effect_and_accepts_all() {
        let help = help_of("migrate");
        assert!(help.contains("--own") && help.contains("--url"), "{help}");
        assert!(!help.contains("--limit"), "{help}");
        assert!(help.ends_with("See program --help.\n"), "{help}");
        let help = help_of("serve");
        assert!(help.contains("--limit"), "{help}");
        let mut command = command();
        let migrate = command.find_subcommand_mut("migrate").unwrap();
        let help = migrate.find_subcommand_mut("down").unwrap().render_help();
        let help = help.to_string();
        assert!(help.contains("--url") && help.contains("--limit"), "{help}");
    }
}
