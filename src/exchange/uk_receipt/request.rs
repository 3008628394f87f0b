//! A request of the Receipt of Waste API as a whole: who, when, by which papers.

use super::judge::{Class, Judge, below, member};
use super::lists::lists;
use super::{pattern, waste};
use crate::custody::document::json::{Node, Value};
use crate::custody::document::spot::Spot;

/// Most characters of the special handling requirements.
const MAX_HANDLING_CHARS: usize = 5000;
/// How the service names a whole request where it has no better place.
const REQUEST: &str = "ReceiveMovementRequest";

const MEMBERS: &[&str] = &[
    "apiCode",
    "softwareProvider",
    "submittingOrganisation",
    "dateTimeReceived",
    "hazardousWasteConsignmentCode",
    "reasonForNoConsignmentCode",
    "yourUniqueReference",
    "otherReferencesForMovement",
    "specialHandlingRequirements",
    "wasteItems",
    "carrier",
    "brokerOrDealer",
    "receiver",
    "receipt",
];

/// True for an object with one of the members of a request.
pub(super) fn is_request(node: &Node) -> bool {
    MEMBERS.iter().any(|name| node.member(name).is_some())
}

/// Judges a request.
pub(super) fn judge(judge: &mut Judge, root: &Spot<'_>) {
    let mark = judge.mark();
    let Some(root) = judge.object(root, MEMBERS) else { return };
    submitter(judge, &root);
    if let Some(received) = judge.required(&root, "dateTimeReceived") {
        date_time(judge, &received);
    }
    consignment(judge, &root);
    references(judge, &root);
    if let Some(items) = judge.required(&root, "wasteItems") {
        waste::items(judge, &items);
    }
    if let Some(carrier) = judge.required(&root, "carrier") {
        self::carrier(judge, &carrier);
    }
    if let Some(broker) = member(&root, "brokerOrDealer") {
        self::broker(judge, &broker);
    }
    if let Some(receiver) = judge.required(&root, "receiver") {
        self::receiver(judge, &receiver);
    }
    if let Some(receipt) = judge.required(&root, "receipt") {
        self::receipt(judge, &receipt);
    }
    if judge.mark() == mark {
        reason_for_no_consignment(judge, &root);
    }
}

/// The code of the receiver, or the organisation that the service puts in its place; one of the two.
fn submitter(judge: &mut Judge, root: &Spot<'_>) {
    let (code, organisation) = (member(root, "apiCode"), member(root, "submittingOrganisation"));
    if let Some(code) = &code
        && judge.text(code).is_some_and(|text| !pattern::is_uuid(text))
    {
        judge.tell(Class::InvalidFormat, code, "应为 UUID", "must be a valid GUID");
    }
    if let Some(spot) = &organisation {
        let known = [
            "defraCustomerOrganisationId",
            "defraCustomerOrganisationName",
            "defraCustomerOrganisationIsLocalAuthority",
        ];
        if let Some(spot) = judge.object(spot, &known) {
            judge.required_text(&spot, known[0]);
            judge.optional_text(&spot, known[1]);
            if let Some(flag) = member(&spot, known[2]) {
                judge.flag(&flag);
            }
        }
    }
    if let Some(spot) = member(root, "softwareProvider")
        && let Some(spot) = judge.object(&spot, &["name", "id"])
    {
        judge.optional_text(&spot, "name");
        judge.optional_text(&spot, "id");
    }
    let peers = "[apiCode, submittingOrganisation]";
    let (class, zh, en) = match (code, organisation) {
        (None, None) => (
            Class::NotProvided,
            "缺少 apiCode",
            format!("\"{REQUEST}\" must contain at least one of {peers}"),
        ),
        (Some(_), Some(_)) => {
            let en = format!("\"{REQUEST}\" contains a conflict between exclusive peers {peers}");
            (Class::UnexpectedError, "apiCode 与 submittingOrganisation 只能有一个", en)
        }
        _ => return,
    };
    judge.say(class, root, zh, &en);
    judge.reword(|told| {
        REQUEST.clone_into(&mut told.key);
    });
}

/// A moment with its offset, of UTC or of British summer time.
fn date_time(judge: &mut Judge, spot: &Spot<'_>) {
    let class = match spot.text() {
        Some(text) if is_date_time(text) => return,
        Some(text) if is_iso(text) => Class::InvalidValue,
        _ => Class::InvalidFormat,
    };
    let zh = "应为 UTC（2025-09-15T12:12:28Z）或英国夏令时（2025-09-15T13:12:28+01:00）的 ISO 8601 时间";
    let en = "must be a valid UTC (2025-09-15T12:12:28Z) or BST (2025-09-15T13:12:28+01:00) ISO datetime";
    judge.tell(class, spot, zh, en);
}

/// `2025-09-15T13:12:28+01:00`, with three decimals of the second or none, of a day that is one.
fn is_date_time(text: &str) -> bool {
    let Some(bare) = text.strip_suffix('Z').or_else(|| text.strip_suffix("+01:00")) else { return false };
    let seconds = bare.get(..19).unwrap_or_default();
    let fraction = bare.get(19..).unwrap_or_default();
    let three = fraction.len() == 4
        && fraction.starts_with('.')
        && fraction[1..].bytes().all(|byte| byte.is_ascii_digit());
    seconds.as_bytes().get(10) == Some(&b'T')
        && (fraction.is_empty() || three)
        && is_iso(text)
        && is_day(text)
}

/// True where a text has the form of ISO 8601 to the letter, whatever its offset and its day of the month.
fn is_iso(text: &str) -> bool {
    // A 31st stands for every day of the month: the service rolls over what a month does not have, and asks later.
    let Some((date, rest)) = text.split_at_checked(10) else { return false };
    let day: u32 = date.get(8..).and_then(|day| day.parse().ok()).unwrap_or_default();
    let month = date.get(..8).unwrap_or_default();
    let stand_in = format!("{month}{}{rest}", if (1..=31).contains(&day) { "01" } else { "xx" });
    crate::custody::document::moment::Moment::read(&stand_in).is_ok()
}

fn is_day(text: &str) -> bool {
    text.get(..10).is_some_and(|date| crate::custody::document::moment::Moment::read(date).is_ok())
}

/// The consignment note code, and the reason for having none as far as it is a text.
fn consignment(judge: &mut Judge, root: &Spot<'_>) {
    let reason = member(root, "reasonForNoConsignmentCode");
    if let Some(code) = member(root, "hazardousWasteConsignmentCode") {
        let has_reason = reason.as_ref().is_some_and(is_truthy);
        if code.node().value == Value::Null {
            if waste::has_hazardous(root) && !has_reason {
                let zh = "有危险废物代码时须填写联运单代码";
                judge.tell(
                    Class::BusinessRuleViolation,
                    &code,
                    zh,
                    "is required when hazardous EWC codes are present",
                );
            }
        } else if is_truthy(&code) && !code.text().is_some_and(pattern::is_consignment) {
            let zh = "应为英格兰和威尔士（CJTILE/A0001）、苏格兰（SA1234567）或北爱尔兰（DA1234567）的格式";
            let en = "must be in one of the valid formats: EA/NRW (2 or more alphanumeric characters followed by / and 5-6 \
                      alphanumeric characters, e.g. CJTILE/A0001), SEPA (SA|SB|SC followed by 7 digits), or NIEA \
                      (DA|DB|DC followed by 7 digits)";
            judge.tell(Class::InvalidFormat, &code, zh, en);
        }
    }
    if let Some(reason) = reason.filter(|reason| !is_blank(reason)) {
        judge.text(&reason);
    }
}

/// Asked last, where nothing else is wrong: hazardous waste without a code needs a reason of the list.
fn reason_for_no_consignment(judge: &mut Judge, root: &Spot<'_>) {
    let has_code = member(root, "hazardousWasteConsignmentCode").is_some_and(|code| is_truthy(&code));
    if has_code || !waste::has_hazardous(root) {
        return;
    }
    let name = "reasonForNoConsignmentCode";
    let reasons = lists().codes("no-consignment-reason");
    match member(root, name).filter(is_truthy) {
        None => {
            let zh = "有危险废物代码而没有联运单代码时，须说明原因";
            let en = "is required when wasteItems[*].ewcCodes contains a hazardous code and hazardousWasteConsignmentCode is \
                      not provided";
            judge.tell_at(Class::BusinessRuleViolation, below(root, name), root.node().at, zh, en);
        }
        Some(reason) if !reason.text().is_some_and(|text| reasons.contains(&text)) => {
            let zh = format!("只能是：{}", reasons.join("、"));
            judge.tell(Class::InvalidValue, &reason, &zh, &format!("must be one of: {}", reasons.join(", ")));
        }
        Some(_) => {}
    }
}

/// What the service takes for given: neither absent, `null`, empty, zero nor false.
fn is_truthy(spot: &Spot<'_>) -> bool {
    match &spot.node().value {
        Value::Null | Value::Bool(false) => false,
        Value::Text(text) => !text.is_empty(),
        Value::Number(_) => spot.number().is_none_or(|number| number.is_positive() || number.is_negative()),
        _ => true,
    }
}

/// `null` or empty.
fn is_blank(spot: &Spot<'_>) -> bool {
    spot.node().value == Value::Null || spot.text() == Some("")
}

fn references(judge: &mut Judge, root: &Spot<'_>) {
    judge.optional_text(root, "yourUniqueReference");
    if let Some(spot) = member(root, "otherReferencesForMovement") {
        for item in judge.list(&spot).unwrap_or_default() {
            if let Some(item) = judge.object(&item, &["label", "reference"]) {
                judge.required_text(&item, "label");
                judge.required_text(&item, "reference");
            }
        }
    }
    if let Some(spot) = member(root, "specialHandlingRequirements")
        && judge.text(&spot).is_some_and(|text| text.encode_utf16().count() > MAX_HANDLING_CHARS)
    {
        let zh = format!("不能超过 {MAX_HANDLING_CHARS} 个字符");
        let en = format!("length must be less than or equal to {MAX_HANDLING_CHARS} characters long");
        judge.tell(Class::OutOfRange, &spot, &zh, &en);
    }
}

fn carrier(judge: &mut Judge, spot: &Spot<'_>) {
    const MEMBERS: &[&str] = &[
        "registrationNumber",
        "reasonForNoRegistrationNumber",
        "organisationName",
        "address",
        "emailAddress",
        "phoneNumber",
        "vehicleRegistration",
        "meansOfTransport",
        "otherMeansOfTransport",
    ];
    let Some(spot) = judge.object(spot, MEMBERS) else { return };
    let number = judge.required(&spot, "registrationNumber");
    let is_none = number.as_ref().is_some_and(is_blank);
    if let Some(number) = number.filter(|number| !is_blank(number)) {
        registration(judge, &number);
    }
    no_registration(judge, &spot, is_none);
    judge.required_text(&spot, "organisationName");
    address(judge, &spot);
    judge.email(&spot, "emailAddress");
    judge.optional_text(&spot, "phoneNumber");
    let by_road = spot.text_of("meansOfTransport") == Some("Road");
    match (member(&spot, "vehicleRegistration"), by_road) {
        (Some(vehicle), true) => drop(judge.text(&vehicle)),
        (None, true) => {
            judge.absent(&spot, "vehicleRegistration");
            judge.reword(|told| {
                "公路运输须填写车牌号".clone_into(&mut told.zh);
                "If carrier.meansOfTransport is \"Road\" then carrier.vehicleRegistration is required"
                    .clone_into(&mut told.en);
            });
        }
        (Some(vehicle), false) => {
            let en = "If carrier.meansOfTransport is not \"Road\" then carrier.vehicleRegistration is not applicable";
            judge.say(Class::NotAllowed, &vehicle, "非公路运输不填车牌号", en);
        }
        (None, false) => {}
    }
    if let Some(means) = judge.required(&spot, "meansOfTransport") {
        judge.choice(&means, lists().codes("transport"));
    }
    judge.optional_text(&spot, "otherMeansOfTransport");
}

/// A registration number in one of the forms.
fn registration(judge: &mut Judge, number: &Spot<'_>) {
    match number.text() {
        Some(text) if pattern::is_registration(text) => {}
        Some(_) => {
            let zh = "应为英格兰、苏格兰（SEPA）、威尔士（NRW）或北爱尔兰的登记号格式";
            judge.tell(
                Class::InvalidFormat,
                number,
                zh,
                "must be in a valid England, SEPA, NRW or NI format",
            );
        }
        None => judge.tell(Class::UnexpectedError, number, "应为文本", "must be one of [string]"),
    }
}

/// The reason for having no registration number: wanted where the number is `null` or empty, and only there.
fn no_registration(judge: &mut Judge, carrier: &Spot<'_>, is_none: bool) {
    let name = "reasonForNoRegistrationNumber";
    let reasons = lists().codes("no-registration-reason");
    match (member(carrier, name), is_none) {
        (None, true) => judge.absent(carrier, name),
        (Some(reason), false) => {
            let en = "carrier.reasonForNoRegistrationNumber should only be provided when carrier.registrationNumber is not provided";
            judge.say(Class::NotAllowed, &reason, "有登记号时不填没有登记号的原因", en);
        }
        (Some(reason), true)
            if !is_blank(&reason) && !reason.text().is_some_and(|text| reasons.contains(&text)) =>
        {
            let zh = format!("只能是：{}", reasons.join("、"));
            judge.tell(Class::InvalidValue, &reason, &zh, &format!("must be one of: {}", reasons.join(", ")));
            if reason.text().is_none() {
                let en =
                    "Either carrier.registrationNumber or carrier.reasonForNoRegistrationNumber is required";
                judge.say(Class::InvalidType, &reason, "须填写登记号，或没有登记号的原因", en);
            }
        }
        _ => {}
    }
}

fn broker(judge: &mut Judge, spot: &Spot<'_>) {
    let known = ["organisationName", "address", "registrationNumber", "phoneNumber", "emailAddress"];
    let Some(spot) = judge.object(spot, &known) else { return };
    judge.required_text(&spot, "organisationName");
    address(judge, &spot);
    if let Some(number) = member(&spot, "registrationNumber") {
        registration(judge, &number);
    }
    judge.optional_text(&spot, "phoneNumber");
    judge.email(&spot, "emailAddress");
}

/// An address of the United Kingdom or Ireland, if it is there.
fn address(judge: &mut Judge, of: &Spot<'_>) {
    let Some(spot) = member(of, "address") else { return };
    let Some(spot) = judge.object(&spot, &["fullAddress", "postcode"]) else { return };
    judge.optional_text(&spot, "fullAddress");
    let Some(code) = judge.required(&spot, "postcode") else { return };
    match code.text() {
        Some(text) if pattern::is_uk_postcode(text) || pattern::is_eircode(text) => {}
        Some(_) => {
            let zh = "应为英国或爱尔兰的邮政编码格式";
            judge.tell(Class::InvalidFormat, &code, zh, "must be in valid UK or Ireland format");
        }
        None => judge.tell(Class::UnexpectedError, &code, "应为文本", "must be one of [string]"),
    }
}

fn receiver(judge: &mut Judge, spot: &Spot<'_>) {
    let known =
        ["siteName", "emailAddress", "phoneNumber", "authorisationNumber", "regulatoryPositionStatements"];
    let Some(spot) = judge.object(spot, &known) else { return };
    judge.required_text(&spot, "siteName");
    judge.email(&spot, "emailAddress");
    judge.optional_text(&spot, "phoneNumber");
    if let Some(number) = judge.required(&spot, "authorisationNumber")
        && judge.text(&number).is_some_and(|text| !pattern::is_authorisation(text))
    {
        judge.tell(Class::InvalidFormat, &number, "应为英国的场所许可号格式", "must be in a valid UK format");
    }
    if let Some(statements) = member(&spot, "regulatoryPositionStatements") {
        for item in judge.list(&statements).unwrap_or_default() {
            let Some(number) = judge.number(&item) else { continue };
            judge.whole(&item, number);
            if !number.is_positive() {
                judge.tell(Class::OutOfRange, &item, "应大于零", "must be a positive number");
            }
        }
    }
}

fn receipt(judge: &mut Judge, spot: &Spot<'_>) {
    let Some(spot) = judge.object(spot, &["address"]) else { return };
    let Some(address) = judge.required(&spot, "address") else { return };
    let Some(address) = judge.object(&address, &["fullAddress", "postcode"]) else { return };
    judge.required_text(&address, "fullAddress");
    if let Some(code) = judge.required(&address, "postcode")
        && judge.text(&code).is_some_and(|text| !pattern::is_uk_postcode(text))
    {
        judge.tell(Class::InvalidFormat, &code, "应为英国的邮政编码格式", "must be in valid UK format");
    }
}
