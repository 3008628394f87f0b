//! The operator's file of platforms, with the mappings and tokens beside it.

use std::path::Path;

use super::read;
use crate::app::push::{Platform, PlatformsFile};
use crate::cli::Error;

/// The platforms of a file. Tokens stay in this process.
pub(in crate::cli) fn load(path: &Path) -> Result<Vec<Platform>, Error> {
    let shown = path.display();
    let file = PlatformsFile::parse(&read(path)?).map_err(|error| format!("{shown}: {error}"))?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let mut platforms = Vec::with_capacity(file.platforms.len());
    for entry in file.platforms {
        let is_file = Path::new(&entry.mapping).extension().is_some_and(|ending| ending == "toml");
        let mapping = is_file.then(|| read(&beside.join(&entry.mapping))).transpose()?;
        let token = entry.token_file.as_ref().map(|name| read(&beside.join(name))).transpose()?;
        let platform = Platform::new(entry, mapping.as_deref(), token.as_deref());
        platforms.push(platform.map_err(|error| format!("{shown}: {error}"))?);
    }
    Ok(platforms)
}
