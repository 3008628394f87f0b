//! The two languages for people, and which of them a request likes better.

/// A language that people are told things in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// Both, the first one being the default.
    pub const ALL: [Lang; 2] = [Self::Zh, Self::En];

    /// Name in the cookie and in `?lang=`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// Language tag (RFC 5646) of the `lang` attribute.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The language with this code.
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The language an `Accept-Language` header (RFC 9110 §12.5.4) likes best, if it names one of ours. Of equals the first.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let primary = parts.next().unwrap_or("").split('-').next().unwrap_or("").to_ascii_lowercase();
            let Some(lang) = Self::named(&primary) else { continue };
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1000), permille);
            let weight = weight.unwrap_or(0);
            if weight > 0 && best.is_none_or(|(_, known)| weight > known) {
                best = Some((lang, weight));
            }
        }
        best.map(|(lang, _)| lang)
    }

    /// One of two texts that stand in code in both languages, such as those of rules.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// A weight `0.8` in thousandths.
fn permille(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > 3 {
        return None;
    }
    let thousandths: u16 = format!("{rest:0<3}").parse().ok()?;
    Some(whole.parse::<u16>().ok()?.checked_mul(1000)?.checked_add(thousandths)?.min(1000))
}
