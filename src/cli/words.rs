//! What verbs and arguments are called in Chinese, beside the English that stands with each: for `--help` and for docs/configuration.md.

use std::collections::BTreeMap;
use std::fmt::Write;

use clap::{Arg, Command};

const FILE: &str = include_str!("words.toml");
/// What several verbs have.
const ANY: &str = "any";
const ABOUT: &str = "about";
/// What clap itself puts beside the arguments.
const OF_CLAP: [&str; 2] = ["help", "version"];

type Words = BTreeMap<String, BTreeMap<String, String>>;

fn words() -> Words {
    toml::from_str(FILE).unwrap_or_default()
}

/// The command with both languages in its help.
pub(super) fn bilingual(command: Command) -> Command {
    said(command, "", &words())
}

/// `verb` is empty at the root.
fn said(command: Command, verb: &str, words: &Words) -> Command {
    let name = if verb.is_empty() { command.get_name().to_owned() } else { verb.to_owned() };
    // `doctor` looks at what `serve` would be started with.
    let of_serve = (name == "doctor").then_some("serve");
    let tables = [Some(name.as_str()), of_serve, Some(ANY)];
    let find = |what: &str| tables.iter().flatten().find_map(|table| words.get(*table)?.get(what));
    let both = |zh: Option<&String>, en: Option<String>| {
        let texts: Vec<String> = zh.cloned().into_iter().chain(en).collect();
        texts.join(" · ")
    };
    let about = both(find(ABOUT), command.get_about().map(ToString::to_string));
    let command = command.about(about).mut_args(|arg| {
        let help = both(find(&name_of(&arg)), arg.get_help().map(ToString::to_string));
        arg.help(help)
    });
    command.mut_subcommands(|inner| {
        let path = format!("{verb} {}", inner.get_name());
        said(inner, path.trim_start(), words)
    })
}

/// As it is written on the command line; of one that stands alone, the name of its value.
fn name_of(arg: &Arg) -> String {
    arg.get_long().map_or_else(|| arg.get_id().as_str().to_owned(), ToOwned::to_owned)
}

/// Every verb and every argument, in Markdown.
pub(super) fn reference(command: Command) -> String {
    let mut text = String::from(
        "# 命令与参数 · Commands and arguments\n\n由程序生成，勿手工修改。 · Made by the program (`LIANDAN_BLESS=1 cargo test --test it -- reference`); \
         do not edit.\n\n参数只从命令行读取；口令和令牌从所指文件读取。Postgres 的口令写在 `~/.pgpass` 或 `PGPASSFILE` 所指的文件中，不要写进地址。`RUST_LOG` 选择日志。 · \
         Settings are arguments and nothing else; passwords and tokens are read from files that they name. The password of Postgres belongs in `~/.pgpass`, \
         or the file that `PGPASSFILE` names, not in the address. `RUST_LOG` chooses what is logged.\n",
    );
    describe(&mut text, &bilingual(command), "");
    text
}

fn describe(text: &mut String, command: &Command, path: &str) {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
    {
        let path = format!("{path} {}", inner.get_name());
        let about = inner.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = write!(text, "\n## liandan{path}\n\n{about}\n");
        let rows: Vec<String> = inner.get_arguments().filter(|arg| is_shown(arg)).map(row).collect();
        if !rows.is_empty() {
            let _ = write!(
                text,
                "\n| 参数 argument | 默认 default | 内容 what |\n|---|---|---|\n{}",
                rows.concat()
            );
        }
        describe(text, inner, &path);
    }
}

fn is_shown(arg: &Arg) -> bool {
    !arg.is_hide_set() && !OF_CLAP.contains(&arg.get_id().as_str())
}

fn row(arg: &Arg) -> String {
    let value = arg.get_value_names().map(|names| names.join(" ")).unwrap_or_default();
    let takes_value = arg.get_action().takes_values();
    let shown = match (arg.get_long(), takes_value) {
        (Some(long), true) => format!("`--{long} {value}`"),
        (Some(long), false) => format!("`--{long}`"),
        (None, _) => format!("`{value}`"),
    };
    let needed = if arg.is_required_set() { " 必填 required" } else { "" };
    let default: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    let default = if takes_value { default.join(", ") } else { String::new() };
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default().replace('|', "\\|");
    format!("| {shown}{needed} | {default} | {help} |\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;

    /// Names of texts, `verb argument` each, that a command asks for.
    fn asked(command: &Command, verb: &str, names: &mut BTreeSet<(String, String)>) {
        let name = if verb.is_empty() { "liandan" } else { verb };
        names.insert((name.to_owned(), ABOUT.to_owned()));
        for arg in command.get_arguments().filter(|arg| is_shown(arg)) {
            names.insert((name.to_owned(), name_of(arg)));
        }
        for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
            asked(inner, format!("{verb} {}", inner.get_name()).trim_start(), names);
        }
    }

    #[test]
    fn every_verb_and_argument_has_its_chinese_and_there_is_no_more() {
        let words: Words = toml::from_str(FILE).unwrap();
        let mut names = BTreeSet::new();
        asked(&crate::cli::Cli::command(), "", &mut names);
        // `doctor` takes the arguments of `serve`, and says the same of them.
        names.retain(|(verb, what)| verb != "doctor" || what == ABOUT);
        let is_told = |(verb, what): &&(String, String)| {
            words.get(verb).is_some_and(|of| of.contains_key(what)) || words[ANY].contains_key(what)
        };
        let untold: Vec<_> = names.iter().filter(|name| !is_told(name)).collect();
        assert!(untold.is_empty(), "without Chinese: {untold:?}");
        let own = words.iter().filter(|(verb, _)| *verb != ANY);
        let unused: Vec<_> = own
            .flat_map(|(verb, of)| of.keys().map(move |what| (verb.clone(), what.clone())))
            .filter(|name| !names.contains(name))
            .collect();
        assert!(unused.is_empty(), "nobody asks for {unused:?}");
    }
}
