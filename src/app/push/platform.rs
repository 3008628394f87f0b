//! The operator's file of platforms.

use std::collections::BTreeSet;
use std::path::PathBuf;

use reqwest::Url;
use serde::Deserialize;

use crate::app::outward::{Outward, OutwardError};
use crate::catalogue::Division;
use crate::catalogue::platform::{Mapping, MappingError};
use crate::exchange::platform::Mapped;

/// Most platforms of one ledger.
pub const MAX_PLATFORMS: usize = 64;
/// The longest id and name of one, in characters.
const MAX_NAME_CHARS: usize = 64;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformsFile {
    /// The platforms.
    pub platforms: Vec<PlatformEntry>,
}

/// One platform as the file names it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformEntry {
    /// Names it: a-z, 0-9 and hyphens.
    pub id: String,
    /// What it is called, in Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Where it is reached; a machine of the operator's may stand between.
    pub address: String,
    /// Its mapping: one that is compiled in, by name, or a file `….toml` beside this one.
    pub mapping: String,
    /// File beside this one with the token that it knows the operator by.
    pub token_file: Option<PathBuf>,
    /// Divisions whose firms it is for; of everybody where it names none.
    #[serde(default)]
    pub divisions: Vec<Division>,
}

/// Why a file of platforms is refused.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// Not well-formed, or with an unknown key.
    #[error("platforms cannot be read 平台配置无法读取: {0}")]
    Toml(#[from] toml::de::Error),
    /// More than fit.
    #[error("{0} platforms; at most {MAX_PLATFORMS} 平台过多")]
    TooMany(usize),
    /// A name that is none, or is there twice.
    #[error(
        "platform {0:?}: an id is made of a-z, 0-9 and hyphens and is there once; it and both names have 1 to {MAX_NAME_CHARS} characters 编号或名称不合规定"
    )]
    Name(String),
    /// No address.
    #[error("platform {id:?}: {error}")]
    Address {
        /// The platform.
        id: String,
        /// Why.
        error: OutwardError,
    },
    /// A mapping that is not known, or not good.
    #[error("platform {id:?}: {error}")]
    Mapping {
        /// The platform.
        id: String,
        /// Why.
        error: MappingError,
    },
    /// A token that cannot be one.
    #[error(
        "platform {0:?}: its token file should hold one line of printable characters 令牌文件应为一行可打印字符"
    )]
    Token(String),
}

impl PlatformsFile {
    /// Read it.
    pub fn parse(text: &str) -> Result<Self, PlatformError> {
        let file: Self = toml::from_str(text)?;
        if file.platforms.len() > MAX_PLATFORMS {
            return Err(PlatformError::TooMany(file.platforms.len()));
        }
        let mut ids = BTreeSet::new();
        for entry in &file.platforms {
            let is_id =
                |id: &str| id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            let names = [&entry.id, &entry.zh, &entry.en];
            let are_sized = names.iter().all(|name| (1..=MAX_NAME_CHARS).contains(&name.chars().count()));
            if !is_id(&entry.id) || !are_sized || !ids.insert(&entry.id) {
                return Err(PlatformError::Name(entry.id.clone()));
            }
        }
        Ok(file)
    }
}

/// A platform that is told. It has no `Debug`: nothing shows its token.
pub struct Platform {
    /// Names it.
    pub id: String,
    /// What it is called, in Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Divisions whose firms it is for.
    pub divisions: Vec<Division>,
    pub(super) adapter: Mapped,
    pub(super) address: Url,
    pub(super) token: Option<String>,
    pub(super) outward: Outward,
}

impl Platform {
    /// Its id, address and mapping, in a line for whoever operates the ledger.
    pub fn shown(&self) -> String {
        format!("{}: {} ({})", self.id, self.address, self.mapping().id)
    }

    /// By its entry, the text of its mapping where that is a file, and its token.
    pub fn new(
        entry: PlatformEntry,
        mapping: Option<&str>,
        token: Option<&str>,
    ) -> Result<Self, PlatformError> {
        let PlatformEntry { id, zh, en, address, mapping: name, token_file: _, divisions } = entry;
        let unknown = || MappingError::Wrong { id: name.clone(), what: "no mapping of that name".to_owned() };
        let mapping = match mapping {
            Some(text) => Mapping::parse(text),
            None => Mapping::embedded(&name).ok_or_else(unknown),
        };
        let mapping = mapping.map_err(|error| PlatformError::Mapping { id: id.clone(), error })?;
        let wrong = |error| PlatformError::Address { id: id.clone(), error };
        let address = crate::app::gateway::address_of(&address).map_err(wrong)?;
        let outward = Outward::to_own(super::delivery::ANSWER_WITHIN).map_err(wrong)?;
        let token = token.map(str::trim).map(str::to_owned);
        let is_token =
            |token: &String| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if !token.as_ref().is_none_or(is_token) {
            return Err(PlatformError::Token(id));
        }
        Ok(Self { id, zh, en, divisions, adapter: Mapped::new(mapping), address, token, outward })
    }

    /// How it calls what is sent.
    pub fn mapping(&self) -> &Mapping {
        self.adapter.mapping()
    }

    /// True when it is for firms there.
    pub fn serves(&self, division: Division) -> bool {
        self.divisions.is_empty() || self.divisions.iter().any(|own| division.is_within(*own))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const GOOD: &str = r#"[[platforms]]
id = "province"
zh = "省平台"
en = "provincial platform"
address = "https://push.example/api"
mapping = "cn-manifest-2017"
divisions = ["350000"]
"#;

    #[test]
    fn a_platform_has_a_name_an_address_and_a_mapping_and_no_password() {
        let entry = PlatformsFile::parse(GOOD).unwrap().platforms.remove(0);
        let platform = Platform::new(entry.clone(), None, Some("secret\n")).unwrap();
        assert!(platform.serves("350206".parse().unwrap()) && !platform.serves("440100".parse().unwrap()));
        assert!(matches!(Platform::new(entry, None, Some("two words")), Err(PlatformError::Token(_))));
        for (from, to) in [
            ("\"province\"", "\"Province\""),
            ("\"province\"", "\"\""),
            ("divisions =", "password = \"x\"\ndivisions ="),
        ] {
            assert!(PlatformsFile::parse(&GOOD.replace(from, to)).is_err(), "{to}");
        }
        assert!(PlatformsFile::parse(&format!("{GOOD}{GOOD}")).is_err(), "named twice");
        for (from, to) in [
            ("https://push.example/api", "ftp://push.example"),
            ("https://push.example/api", "https://user:secret@push.example"),
            ("cn-manifest-2017", "cn-manifest-1917"),
        ] {
            let entry = PlatformsFile::parse(&GOOD.replace(from, to)).unwrap().platforms.remove(0);
            let error = Platform::new(entry, None, None).err().unwrap().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
