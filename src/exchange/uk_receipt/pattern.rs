//! Forms of numbers and addresses as the service tests them. Letters count in either case, as there.

/// True where a text has a form: `A` a letter, `9` a digit, `#` one digit or more, `~` the second letter of a postcode, `^` a sign of an
/// Eircode, everything else itself.
fn like(text: &str, form: &str) -> bool {
    fits(text.as_bytes(), form.as_bytes())
}

fn fits(text: &[u8], form: &[u8]) -> bool {
    let Some((sign, form)) = form.split_first() else { return text.is_empty() };
    let Some((byte, rest)) = text.split_first() else { return false };
    match sign {
        b'A' => byte.is_ascii_alphabetic() && fits(rest, form),
        b'9' => byte.is_ascii_digit() && fits(rest, form),
        b'#' => {
            let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
            // No form has a digit behind `#`, so as many as there are is the only way.
            digits > 0 && fits(&text[digits..], form)
        }
        b'~' => matches!(byte.to_ascii_uppercase(), b'A'..=b'H' | b'J'..=b'Y') && fits(rest, form),
        b'^' => {
            let upper = byte.to_ascii_uppercase();
            (upper.is_ascii_digit() || is_eircode_letter(upper)) && fits(rest, form)
        }
        _ => byte.eq_ignore_ascii_case(sign) && fits(rest, form),
    }
}

fn is_eircode_letter(upper: u8) -> bool {
    matches!(upper, b'A' | b'C'..=b'F' | b'H' | b'K' | b'N' | b'P' | b'R' | b'T' | b'V'..=b'Y')
}

fn any(text: &str, forms: &[&str]) -> bool {
    forms.iter().any(|form| like(text, form))
}

/// A registration of a carrier, broker or dealer in one of the four nations.
pub(super) fn is_registration(text: &str) -> bool {
    const FORMS: &[&str] = &[
        "CBDL99#",
        "CBDU99#",
        "WCR/R/9999999",
        "SCO/999999",
        "SEA/999999",
        "SNO/999999",
        "SWE/999999",
        "WCR/999999",
        "PCT-A-999",
        "PCT-A-9999",
        "PCT-A-99999",
        "PCT-A-999999",
        "PCT-A-9999999",
    ];
    any(text, FORMS) || is_northern_irish(text)
}

/// `ROC`, `UT` or `LT`, one to five digits, and between them anything that is no word.
fn is_northern_irish(text: &str) -> bool {
    let skip = |text: &str| {
        text.trim_start_matches(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_')).to_owned()
    };
    let take = |text: &str, word: &str| {
        let (head, rest) = text.split_at_checked(word.len())?;
        head.eq_ignore_ascii_case(word).then(|| skip(rest))
    };
    let tier = take(text, "ROC").and_then(|rest| take(&rest, "UT").or_else(|| take(&rest, "LT")));
    tier.is_some_and(|digits| (1..=5).contains(&digits.len()) && like(&digits, "#"))
}

/// An authorisation (permit) of a site in one of the four nations; blanks around it do not count.
pub(super) fn is_authorisation(text: &str) -> bool {
    const FORMS: &[&str] = &[
        "AA9999AA",
        "AA9999AA/D9999",
        "AA9999AA/D99999",
        "EPR/AA9999AA",
        "EPR/AA9999AA/D9999",
        "EPR/AA9999AA/D99999",
        "EAWML99999",
        "EAWML999999",
        "WML99999",
        "WML999999",
        "PPC/A/SEPA9999-9999",
        "WML/L/SEPA9999-9999",
        "EAS/P/999999",
        "P9999/99A",
        "P9999/99A/V#",
        "WPPC 99/99",
        "WPPC 99/99/V#",
        "WML 99/# PAC/9999/WCL999",
    ];
    let text = text.trim();
    any(text, FORMS) || is_scottish(text) || is_northern_licence(text)
}

/// `PPC/A/9999999`, `WML/L/9999999` and `WML/L/9999999/99`, with the letters of the regimes.
fn is_scottish(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    let of = |prefix: &str, regimes: &str, forms: &[&str]| {
        let rest = upper.strip_prefix(prefix).and_then(|rest| rest.split_at_checked(1));
        rest.is_some_and(|(regime, number)| regimes.contains(regime) && any(number, forms))
    };
    of("PPC/", "AWEN", &["/9999999"]) || of("WML/", "LWEN", &["/9999999", "/9999999/99"])
}

/// `WML 07/61/T LN/13/02/M/V2`: a file and the licence, each with what happened to it.
fn is_northern_licence(text: &str) -> bool {
    let Some((file, licence)) = text.split_once(" LN/").or_else(|| text.split_once(" ln/")) else {
        return false;
    };
    if !any(file, &["WML 99/#", "WML 99/#/T"]) {
        return false;
    }
    let mut parts = licence.split('/');
    let (year, number) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    like(year, "99") && like(number, "#") && parts.all(|part| any(part, &["M", "T", "C", "N", "V#"]))
}

/// A postcode of the United Kingdom.
pub(super) fn is_uk_postcode(text: &str) -> bool {
    const FORMS: &[&str] =
        &["GIR 0AA", "A9 9AA", "A99 9AA", "A~9 9AA", "A~99 9AA", "A9A 9AA", "A~A 9AA", "A~9A 9AA"];
    any(text, FORMS)
}

/// A postcode of Ireland (Eircode).
pub(super) fn is_eircode(text: &str) -> bool {
    let starts = text.bytes().next().is_some_and(|byte| is_eircode_letter(byte.to_ascii_uppercase()));
    any(text, &["D6W ^^^^", "D6W^^^^"]) || (starts && any(text, &["A99 ^^^^", "A99^^^^"]))
}

/// A consignment note code: of England and Wales, of Scotland, of Northern Ireland. Only the first takes small letters.
pub(super) fn is_consignment(text: &str) -> bool {
    let is_sign = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let english = text.split_once('/').is_some_and(|(producer, own)| {
        let six = own.len() == 6 && own.as_bytes()[5].is_ascii_alphabetic();
        producer.len() >= 2 && is_sign(producer) && is_sign(own) && (own.len() == 5 || six)
    });
    let prefixed = |letter| {
        let rest = text.strip_prefix(letter).and_then(|rest| rest.strip_prefix(['A', 'B', 'C']));
        rest.is_some_and(|digits| like(digits, "9999999"))
    };
    english || prefixed('S') || prefixed('D')
}

/// A UUID as the service takes it: in brackets or not, its parts joined by hyphens, colons or nothing.
pub(super) fn is_uuid(text: &str) -> bool {
    let bare = [('{', '}'), ('[', ']'), ('(', ')')]
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))
        .unwrap_or(text);
    let joint = bare.as_bytes().get(8).copied().filter(|byte| matches!(byte, b'-' | b':'));
    let digits: Vec<u8> = bare.bytes().filter(|byte| Some(*byte) != joint).collect();
    let joints = bare.len() - digits.len();
    let in_place = joint.is_none_or(|joint| {
        joints == 4 && [8, 13, 18, 23].iter().all(|at| bare.as_bytes().get(*at) == Some(&joint))
    });
    digits.len() == 32 && digits.iter().all(u8::is_ascii_hexdigit) && in_place
}

/// An address of electronic mail as far as its form goes. Whether its last label is a registered domain is not looked up.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_atom = |atom: &str| {
        let is_sign = |sign: char| sign.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(sign);
        !atom.is_empty() && atom.chars().all(is_sign)
    };
    let is_label = |label: &str| {
        let is_sign = |sign: char| sign.is_alphanumeric() || sign == '-';
        (1..=63).contains(&label.len())
            && label.chars().all(is_sign)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels: Vec<&str> = domain.split('.').collect();
    let ends = labels.last().is_some_and(|last| last.chars().next().is_some_and(char::is_alphabetic));
    text.len() <= 254
        && local.len() <= 64
        && local.split('.').all(is_atom)
        && domain.len() <= 256
        && labels.len() >= 2
        && labels.iter().all(|label| is_label(label))
        && ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registrations() {
        for text in [
            "CBDL999",
            "cbdu999",
            "CBDL99999999999999999999",
            "WCR/R/9999999",
            "SCO/999999",
            "WCR/999999",
            "PCT-B-123",
            "ROC UT 9",
            "ROC LT 99999",
            "ROCLT9999",
            "roc - ut - 12",
        ] {
            assert!(is_registration(text), "{text}");
        }
        for text in [
            "CBD999",
            "CBDT999",
            "CBDL99",
            "CBDU99",
            "WCR/R/999999",
            "WCR/R/99999999",
            "SCO/99999",
            "SCO/9999999",
            "SC/999999",
            "ROC U 9",
            "ROC DT 9",
            "ROC UT 999999",
            "",
            "   ",
            " CBDL999 ",
            "PCT-B-12",
            "PCT-B-12345678",
            "ROC UT ",
            "ROC_UT 9",
        ] {
            assert!(!is_registration(text), "{text}");
        }
    }

    #[test]
    fn authorisations() {
        for text in [
            "HP3456XX",
            "EPR/AB1234CD/D5678",
            "EPR/AB1234CD/D56789",
            "epr/ab1234cd",
            "EAWML12345",
            "WML123456",
            "PPC/A/1234567",
            "PPC/W/1234567",
            "WML/L/1234567/01",
            "PPC/A/SEPA1234-5678",
            "EAS/P/123456",
            "P1234/56A",
            "P1234/56A/V12",
            "WPPC 12/34",
            "WML 07/61 LN/13/02/M/V2",
            "WML 19/36/T LN/10/35/T/M",
            "WML 04/38 PAC/2014/WCL001",
            " HP3456XX ",
        ] {
            assert!(is_authorisation(text), "{text}");
        }
        for text in [
            "",
            "1234",
            "HP34567X",
            "LN/13/02/M/V2",
            "PAC/2014/WCL001",
            "PPC/L/1234567",
            "WML/A/1234567",
            "WML 12/34",
        ] {
            assert!(!is_authorisation(text), "{text}");
        }
    }

    #[test]
    fn postcodes() {
        for text in ["W12 7ZL", "TC1 2AB", "EC1A 1BB", "M1 1AE", "gir 0aa", "CR2 6XH", "DN55 1PT", "W1A 0AX"]
        {
            assert!(is_uk_postcode(text), "{text}");
        }
        for text in ["W127ZL", "D02 AF30", "", "AI1 1AA", "W12  7ZL", "12345", "ABC1 1AA"] {
            assert!(!is_uk_postcode(text), "{text}");
        }
        assert!(is_eircode("D02 AF30") && is_eircode("d6w xy00") && is_eircode("A65F4E2"));
        assert!(!is_eircode("B02 AF30") && !is_eircode("D02 AF3") && !is_eircode("D02 BF30"));
    }

    #[test]
    fn consignments_and_the_rest() {
        for text in ["CJTILE/A0001", "CJ123E/A0001", "cj/abcde", "CJTILE/A0001B", "SA1234567", "DC1234567"] {
            assert!(is_consignment(text), "{text}");
        }
        for text in
            ["CJTILE-A0001", "C/A0001", "CJTILE/A001", "CJTILE/A00011", "SD1234567", "SA123456", "sa1234567"]
        {
            assert!(!is_consignment(text), "{text}");
        }
        assert!(
            is_uuid("ba6eb330-4f7f-11eb-a2fb-67c34e9ac07c") && is_uuid("{BA6EB3304F7F11EBA2FB67C34E9AC07C}")
        );
        assert!(
            !is_uuid("ba6eb330-4f7f-11eb-a2fb-67c34e9ac07cg") && !is_uuid("") && !is_uuid("ba6eb330-4f7f")
        );
        assert!(is_email("info@wastecarrierselite.co.uk") && is_email("a.b+c@x.io"));
        for text in ["", "a", "a@b", "a@b..c", "a b@c.de", "@c.de", "a@-b.de", "a.@b.de", "a@1.2"] {
            assert!(!is_email(text), "{text}");
        }
    }
}
