//! What the operator of a ledger promises its users, and whom they call: read from a file, shown at `/service`.

use serde::Deserialize;

use super::App;

/// Most promises, and most characters of each text: it is one page.
const MAX_PROMISES: usize = 20;
const MAX_CHARS: usize = 400;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Both {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// The file: `[contact]` and `[[promise]]`, each with `zh` and `en`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceTerms {
    /// Whom to call, and when.
    pub contact: Both,
    /// What is promised.
    #[serde(default, rename = "promise")]
    pub promises: Vec<Both>,
}

/// Why such a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// It is not of this form.
    #[error("it cannot be read: {0}")]
    Form(#[from] toml::de::Error),
    /// It is more than a page, or leaves a text empty.
    #[error("at most {MAX_PROMISES} promises; each text has 1 to {MAX_CHARS} characters in both languages")]
    Size,
}

impl ServiceTerms {
    /// From the text of the file.
    pub fn parse(text: &str) -> Result<Self, ServiceError> {
        let terms: Self = toml::from_str(text)?;
        let texts = [&terms.contact].into_iter().chain(&terms.promises);
        let is_fit = |text: &String| (1..=MAX_CHARS).contains(&text.trim().chars().count());
        let is_good = texts.into_iter().all(|both| is_fit(&both.zh) && is_fit(&both.en));
        if terms.promises.len() <= MAX_PROMISES && is_good { Ok(terms) } else { Err(ServiceError::Size) }
    }
}

impl App {
    /// Show what the operator promises. Only the first call counts.
    pub fn promise(&self, terms: ServiceTerms) {
        self.inner.service.get_or_init(|| terms);
    }

    /// What the operator promises; `None` where nothing was said.
    pub fn promised(&self) -> Option<&ServiceTerms> {
        self.inner.service.get()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_in_both_languages_and_short() {
        let good = "[contact]\nzh = \"电话\"\nen = \"Call\"\n[[promise]]\nzh = \"一\"\nen = \"One\"\n";
        assert_eq!(ServiceTerms::parse(good).unwrap().promises.len(), 1);
        for bad in [
            "",
            "[contact]\nzh = \"电话\"\n",
            "[contact]\nzh = \" \"\nen = \"Call\"\n",
            &format!("{good}more = 1\n"),
            &good.replace("One", &"x".repeat(401)),
            &format!("{good}{}", "[[promise]]\nzh = \"二\"\nen = \"Two\"\n".repeat(20)),
        ] {
            assert!(ServiceTerms::parse(bad).is_err(), "{bad}");
        }
    }
}
