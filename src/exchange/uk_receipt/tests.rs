use serde_json::{Value, json};

use super::*;
use crate::exchange::document::{CheckVerdict, check};

fn receipt() -> Value {
    json!({
        "apiCode": "ba6eb330-4f7f-11eb-a2fb-67c34e9ac07c",
        "dateTimeReceived": "2025-09-15T13:12:28+01:00",
        "reasonForNoConsignmentCode": "NO_DOC_WITH_WASTE",
        "yourUniqueReference": "wTBrdgAA020",
        "otherReferencesForMovement": [{"label": "PO Number", "reference": "PO-12345"}],
        "specialHandlingRequirements": "none",
        "wasteItems": [{
            "ewcCodes": ["200121"],
            "wasteDescription": "fluorescent tubes",
            "physicalForm": "Mixed",
            "numberOfContainers": 15,
            "typeOfContainers": "SKI",
            "weight": {"metric": "Tonnes", "amount": 1.2, "isEstimate": false},
            "containsPops": true,
            "pops": {
                "sourceOfComponents": "PROVIDED_WITH_WASTE",
                "components": [{"code": "CHL", "concentration": 250}]
            },
            "containsHazardous": true,
            "hazardous": {
                "hazCodes": ["HP_1", "HP_3"],
                "sourceOfComponents": "OWN_TESTING",
                "components": [{"name": "Mercury", "concentration": 0.35}]
            },
            "disposalOrRecoveryCodes": [
                {"code": "R1", "weight": {"metric": "Kilograms", "amount": 1200, "isEstimate": false}}
            ]
        }],
        "carrier": {
            "organisationName": "Carrier Ltd",
            "registrationNumber": "CBDL999999",
            "address": {"fullAddress": "321 Test Street", "postcode": "TC2 2CD"},
            "emailAddress": "test@carrier.com",
            "phoneNumber": "01234567890",
            "meansOfTransport": "Road",
            "vehicleRegistration": "AB12 CDE"
        },
        "receiver": {
            "siteName": "Receiver Ltd",
            "emailAddress": "receiver@test.com",
            "phoneNumber": "01234567890",
            "authorisationNumber": "PPC/A/9999999",
            "regulatoryPositionStatements": [123, 456]
        },
        "receipt": {"address": {"fullAddress": "123 Test Street", "postcode": "TC1 2AB"}}
    })
}

fn judged(value: &Value) -> Checked {
    check(value.to_string().as_bytes(), "uk", None, Timestamp::from_millis(0)).unwrap()
}

/// Errors, then warnings, as the service tells them: key, class, message.
type ToldBy = Vec<(String, &'static str, String)>;

fn told(checked: &Checked) -> (ToldBy, ToldBy) {
    let of = |list: &[crate::exchange::document::Found]| {
        let told = list.iter().filter_map(|found| found.publisher.clone());
        told.map(|told| (told.key, told.error_type, told.message)).collect()
    };
    (of(&checked.findings), of(&checked.notices))
}

/// A change at a pointer, `None` to take the member away, and what the service says then.
fn change(pointer: &str, to: Option<Value>) -> (ToldBy, ToldBy) {
    let mut value = receipt();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match (value.pointer_mut(parent).unwrap(), to) {
        (Value::Object(members), Some(to)) => drop(members.insert(name.to_owned(), to)),
        (Value::Object(members), None) => drop(members.remove(name)),
        (Value::Array(items), Some(to)) => items[name.parse::<usize>().unwrap()] = to,
        _ => unreachable!(),
    }
    told(&judged(&value))
}

#[test]
fn what_the_service_takes_is_clean() {
    let checked = judged(&receipt());
    assert_eq!(checked.verdict(), CheckVerdict::Clean, "{checked:?}");
    assert!(checked.notices.is_empty());
    assert_eq!(checked.documents[0].number.as_deref(), Some("wTBrdgAA020"));
    for wrapped in
        [json!([receipt(), receipt()]), json!({"movement": receipt()}), json!({"movements": [receipt()]})]
    {
        assert_eq!(judged(&wrapped).verdict(), CheckVerdict::Clean);
    }
}

#[test]
fn every_rule_of_the_service_in_its_words() {
    let item = "/wasteItems/0";
    let cases: Vec<(String, Option<Value>, &str, &str, &str)> = vec![
        (
            "/apiCode".into(),
            None,
            "ReceiveMovementRequest",
            "NotProvided",
            "\"ReceiveMovementRequest\" must contain at least one of [apiCode, submittingOrganisation]",
        ),
        ("/apiCode".into(), Some(json!("x")), "apiCode", "InvalidFormat", "\"apiCode\" must be a valid GUID"),
        (
            "/submittingOrganisation".into(),
            Some(json!({"defraCustomerOrganisationId": "a"})),
            "ReceiveMovementRequest",
            "UnexpectedError",
            "\"ReceiveMovementRequest\" contains a conflict between exclusive peers [apiCode, submittingOrganisation]",
        ),
        ("/mystery".into(), Some(json!(1)), "mystery", "NotAllowed", "\"mystery\" is not allowed"),
        (
            "/dateTimeReceived".into(),
            None,
            "dateTimeReceived",
            "NotProvided",
            "\"dateTimeReceived\" is required",
        ),
        (
            "/dateTimeReceived".into(),
            Some(json!("not-a-date")),
            "dateTimeReceived",
            "InvalidFormat",
            "\"dateTimeReceived\" must be a valid UTC (2025-09-15T12:12:28Z) or BST (2025-09-15T13:12:28+01:00) ISO datetime",
        ),
        (
            "/hazardousWasteConsignmentCode".into(),
            Some(json!("CJTILE-A0001")),
            "hazardousWasteConsignmentCode",
            "InvalidFormat",
            "\"hazardousWasteConsignmentCode\" must be in one of the valid formats: EA/NRW (2 or more alphanumeric characters followed by / and 5-6 alphanumeric characters, e.g. CJTILE/A0001), SEPA (SA|SB|SC followed by 7 digits), or NIEA (DA|DB|DC followed by 7 digits)",
        ),
        (
            "/reasonForNoConsignmentCode".into(),
            None,
            "reasonForNoConsignmentCode",
            "BusinessRuleViolation",
            "\"reasonForNoConsignmentCode\" is required when wasteItems[*].ewcCodes contains a hazardous code and hazardousWasteConsignmentCode is not provided",
        ),
        (
            "/reasonForNoConsignmentCode".into(),
            Some(json!("Carrier did not provide documentation")),
            "reasonForNoConsignmentCode",
            "InvalidValue",
            "\"reasonForNoConsignmentCode\" must be one of: NON_HAZ_WASTE_TRANSFER, NO_DOC_WITH_WASTE, HWRC_RECEIPT",
        ),
        (
            "/otherReferencesForMovement/0/label".into(),
            Some(json!("")),
            "otherReferencesForMovement.0.label",
            "InvalidValue",
            "\"otherReferencesForMovement[0].label\" is not allowed to be empty",
        ),
        (
            "/specialHandlingRequirements".into(),
            Some(json!("x".repeat(5001))),
            "specialHandlingRequirements",
            "OutOfRange",
            "\"specialHandlingRequirements\" length must be less than or equal to 5000 characters long",
        ),
        (
            "/wasteItems".into(),
            Some(json!([])),
            "wasteItems",
            "OutOfRange",
            "\"wasteItems\" must contain at least 1 items",
        ),
        (
            "/wasteItems".into(),
            Some(json!({})),
            "wasteItems",
            "InvalidType",
            "\"wasteItems\" must be an array",
        ),
        (
            format!("{item}/ewcCodes"),
            None,
            "wasteItems.0.ewcCodes",
            "NotProvided",
            "\"wasteItems[0].ewcCodes\" is required",
        ),
        (
            format!("{item}/ewcCodes"),
            Some(json!(["01 01 01"])),
            "wasteItems.0.ewcCodes.0",
            "InvalidFormat",
            "\"wasteItems[0].ewcCodes[0]\" must be a valid 6-digit numeric code",
        ),
        (
            format!("{item}/ewcCodes"),
            Some(json!(["999999"])),
            "wasteItems.0.ewcCodes.0",
            "InvalidValue",
            "\"wasteItems[0].ewcCodes[0]\" must be a valid EWC code from the official list",
        ),
        (
            format!("{item}/ewcCodes"),
            Some(json!(["200121", "200121", "200121", "200121", "200121", "200121"])),
            "wasteItems.0.ewcCodes",
            "OutOfRange",
            "\"wasteItems[0].ewcCodes\" must contain no more than 5 EWC codes",
        ),
        (
            format!("{item}/physicalForm"),
            Some(json!("solid")),
            "wasteItems.0.physicalForm",
            "InvalidValue",
            "\"wasteItems[0].physicalForm\" must be one of [Gas, Liquid, Solid, Powder, Sludge, Mixed]",
        ),
        (
            format!("{item}/numberOfContainers"),
            Some(json!("2")),
            "wasteItems.0.numberOfContainers",
            "InvalidType",
            "\"wasteItems[0].numberOfContainers\" must be a number",
        ),
        (
            format!("{item}/numberOfContainers"),
            Some(json!(-1)),
            "wasteItems.0.numberOfContainers",
            "OutOfRange",
            "\"wasteItems[0].numberOfContainers\" must be greater than or equal to 0",
        ),
        (
            format!("{item}/numberOfContainers"),
            Some(json!(1.5)),
            "wasteItems.0.numberOfContainers",
            "OutOfRange",
            "\"wasteItems[0].numberOfContainers\" must be an integer",
        ),
        (
            format!("{item}/typeOfContainers"),
            Some(json!("XYZ")),
            "wasteItems.0.typeOfContainers",
            "InvalidValue",
            "\"wasteItems[0].typeOfContainers\" must be a valid container type",
        ),
        (
            format!("{item}/weight/metric"),
            Some(json!("Pounds")),
            "wasteItems.0.weight.metric",
            "InvalidValue",
            "\"wasteItems[0].weight.metric\" must be one of [Grams, Kilograms, Tonnes]",
        ),
        (
            format!("{item}/weight/amount"),
            Some(json!(0)),
            "wasteItems.0.weight.amount",
            "OutOfRange",
            "\"wasteItems[0].weight.amount\" must be a positive number",
        ),
        (
            format!("{item}/weight/amount"),
            Some(json!(9_007_199_254_740_993_i64)),
            "wasteItems.0.weight.amount",
            "UnexpectedError",
            "\"wasteItems[0].weight.amount\" must be a safe number",
        ),
        (
            format!("{item}/weight/isEstimate"),
            Some(json!("true")),
            "wasteItems.0.weight.isEstimate",
            "InvalidType",
            "\"wasteItems[0].weight.isEstimate\" must be a boolean",
        ),
        (
            format!("{item}/containsPops"),
            None,
            "wasteItems.0.containsPops",
            "NotProvided",
            "\"wasteItems[0].containsPops\" is required",
        ),
        (
            format!("{item}/containsPops"),
            Some(json!(false)),
            "wasteItems.0.pops.components",
            "BusinessRuleViolation",
            "\"wasteItems[0].pops.components\" must not be provided when containsPops is false",
        ),
        (
            format!("{item}/pops/sourceOfComponents"),
            None,
            "wasteItems.0.pops.sourceOfComponents",
            "BusinessRuleViolation",
            "\"wasteItems[0].pops.sourceOfComponents\" is required when containsPops is true",
        ),
        (
            format!("{item}/pops/sourceOfComponents"),
            Some(json!("NOT_PROVIDED")),
            "wasteItems.0.pops.components",
            "BusinessRuleViolation",
            "\"wasteItems[0].pops.components\" must not be provided when sourceOfComponents is NOT_PROVIDED",
        ),
        (
            format!("{item}/pops/components/0/code"),
            Some(json!("Chlordane")),
            "wasteItems.0.pops.components.0.code",
            "InvalidValue",
            "\"wasteItems[0].pops.components[0].code\" contains an invalid POP code",
        ),
        (
            format!("{item}/pops/components/0/code"),
            Some(json!(null)),
            "wasteItems.0.pops.components.0.code",
            "NotProvided",
            "\"wasteItems[0].pops.components[0].code\" is required",
        ),
        (
            format!("{item}/pops/components/0/concentration"),
            Some(json!(-1)),
            "wasteItems.0.pops.components.0.concentration",
            "OutOfRange",
            "\"wasteItems[0].pops.components[0].concentration\" must be a positive number",
        ),
        (
            format!("{item}/hazardous/components/0/concentrationOperator"),
            Some(json!("<")),
            "wasteItems.0.hazardous.components.0.concentrationOperator",
            "InvalidValue",
            "\"wasteItems[0].hazardous.components[0].concentrationOperator\" must be [>]",
        ),
        (
            format!("{item}/hazardous/components"),
            Some(json!(null)),
            "wasteItems.0.hazardous.components",
            "BusinessRuleViolation",
            "\"wasteItems[0].hazardous.components\" is required when containsHazardous is true",
        ),
        (
            format!("{item}/hazardous/hazCodes"),
            Some(json!([])),
            "wasteItems.0.hazardous",
            "BusinessRuleViolation",
            "\"wasteItems[0].hazardous.hazCodes\" is required when containsHazardous is true",
        ),
        (
            format!("{item}/disposalOrRecoveryCodes/0/code"),
            None,
            "wasteItems.0.disposalOrRecoveryCodes.0.code",
            "NotProvided",
            "\"wasteItems[0].disposalOrRecoveryCodes[0].code\" is required",
        ),
        (
            format!("{item}/disposalOrRecoveryCodes/0/weight"),
            None,
            "wasteItems.0.disposalOrRecoveryCodes.0.weight",
            "NotProvided",
            "\"wasteItems[0].disposalOrRecoveryCodes[0].weight\" is required",
        ),
        (
            "/carrier/registrationNumber".into(),
            Some(json!("CBDL99")),
            "carrier.registrationNumber",
            "InvalidFormat",
            "\"carrier.registrationNumber\" must be in a valid England, SEPA, NRW or NI format",
        ),
        (
            "/carrier/registrationNumber".into(),
            Some(json!(7)),
            "carrier.registrationNumber",
            "UnexpectedError",
            "\"carrier.registrationNumber\" must be one of [string]",
        ),
        (
            "/carrier/registrationNumber".into(),
            Some(json!(null)),
            "carrier.reasonForNoRegistrationNumber",
            "NotProvided",
            "\"carrier.reasonForNoRegistrationNumber\" is required",
        ),
        (
            "/carrier/reasonForNoRegistrationNumber".into(),
            Some(json!("ONE_OFF")),
            "carrier.reasonForNoRegistrationNumber",
            "NotAllowed",
            "carrier.reasonForNoRegistrationNumber should only be provided when carrier.registrationNumber is not provided",
        ),
        (
            "/carrier/vehicleRegistration".into(),
            None,
            "carrier.vehicleRegistration",
            "NotProvided",
            "If carrier.meansOfTransport is \"Road\" then carrier.vehicleRegistration is required",
        ),
        (
            "/carrier/meansOfTransport".into(),
            Some(json!("Rail")),
            "carrier.vehicleRegistration",
            "NotAllowed",
            "If carrier.meansOfTransport is not \"Road\" then carrier.vehicleRegistration is not applicable",
        ),
        (
            "/carrier/emailAddress".into(),
            Some(json!("nobody")),
            "carrier.emailAddress",
            "InvalidFormat",
            "\"carrier.emailAddress\" must be a valid email",
        ),
        (
            "/carrier/address/postcode".into(),
            Some(json!("12345")),
            "carrier.address.postcode",
            "InvalidFormat",
            "\"carrier.address.postcode\" must be in valid UK or Ireland format",
        ),
        (
            "/receiver/authorisationNumber".into(),
            Some(json!("1234")),
            "receiver.authorisationNumber",
            "InvalidFormat",
            "\"receiver.authorisationNumber\" must be in a valid UK format",
        ),
        (
            "/receiver/regulatoryPositionStatements/0".into(),
            Some(json!(0)),
            "receiver.regulatoryPositionStatements.0",
            "OutOfRange",
            "\"receiver.regulatoryPositionStatements[0]\" must be a positive number",
        ),
        (
            "/receipt/address/postcode".into(),
            Some(json!("D02 AF30")),
            "receipt.address.postcode",
            "InvalidFormat",
            "\"receipt.address.postcode\" must be in valid UK format",
        ),
        (
            "/receipt".into(),
            Some(json!(null)),
            "receipt",
            "InvalidType",
            "\"receipt\" must be of type object",
        ),
    ];
    for (pointer, to, key, class, message) in cases {
        let (errors, _) = change(&pointer, to.clone());
        assert_eq!(errors, [(key.to_owned(), class, message.to_owned())], "{pointer} {to:?}");
    }
}

#[test]
fn a_wrong_choice_of_a_wrong_type_is_told_twice_as_there() {
    let (errors, _) = change("/wasteItems/0/weight/metric", Some(json!(5)));
    let classes: Vec<&str> = errors.iter().map(|error| error.1).collect();
    assert_eq!(classes, ["InvalidValue", "InvalidType"]);
}

#[test]
fn warnings_are_told_apart() {
    let recommended = "is one of PROVIDED_WITH_WASTE, GUIDANCE, OWN_TESTING";
    let item = "wasteItems[0]";
    for (pointer, to, key, message) in [
        (
            "/wasteItems/0/disposalOrRecoveryCodes",
            None,
            "wasteItems.0.disposalOrRecoveryCodes",
            format!("{item}.disposalOrRecoveryCodes is required for proper waste tracking and compliance"),
        ),
        (
            "/wasteItems/0/pops/components",
            None,
            "wasteItems.0.pops.components",
            format!("{item}.pops.components are recommended when source of components {recommended}"),
        ),
        (
            "/wasteItems/0/hazardous/components/0/concentration",
            Some(json!(null)),
            "wasteItems.0.hazardous.components.0.concentration",
            format!(
                "{item}.hazardous.components[0].concentration is recommended when source of components {recommended}"
            ),
        ),
    ] {
        let (errors, warnings) = change(pointer, to);
        assert_eq!((errors, warnings), (vec![], vec![(key.to_owned(), "NotProvided", message)]), "{pointer}");
    }
    let mut value = receipt();
    value["carrier"]["registrationNumber"] = json!(null);
    value["carrier"]["reasonForNoRegistrationNumber"] = json!("");
    let checked = judged(&value);
    assert_eq!(checked.verdict(), CheckVerdict::Clean);
    let message = "carrier.reasonForNoRegistrationNumber must be one of: ON_SITE, HOUSEHOLD, ONE_OFF, MARINE";
    assert_eq!(told(&checked).1[0].2, message);
}

#[test]
fn dates_of_utc_and_british_summer_time_only() {
    for (text, class) in [
        ("2025-08-29T15:24:00Z", None),
        ("2025-08-29T15:24:00.000+01:00", None),
        ("2025-08-29T15:24:00", Some("InvalidValue")),
        ("2025-08-29T15:24:00+0100", Some("InvalidValue")),
        ("2025-08-29T15:24:00+02:00", Some("InvalidValue")),
        ("2025-08-29", Some("InvalidValue")),
        ("2025-02-30T12:00:00Z", Some("InvalidValue")),
        ("2025-15-29T15:24:00Z", Some("InvalidFormat")),
        ("2025-08-29T32:24:00Z", Some("InvalidFormat")),
        ("", Some("InvalidFormat")),
    ] {
        let (errors, _) = change("/dateTimeReceived", Some(json!(text)));
        assert_eq!(errors.first().map(|error| error.1), class, "{text}");
    }
    assert_eq!(change("/dateTimeReceived", Some(json!(5))).0[0].1, "InvalidFormat");
}

#[test]
fn more_treated_than_received_is_found_and_less_is_on_hand() {
    let code = |kilograms: &str| {
        let text = receipt().to_string().replace("\"amount\":1200,", &format!("\"amount\":{kilograms},"));
        check(text.as_bytes(), "uk", None, Timestamp::from_millis(0)).unwrap()
    };
    let over = code("1200.000001");
    assert_eq!(over.verdict(), CheckVerdict::Findings);
    let found = &over.findings[0];
    assert_eq!(
        (found.code.as_str(), found.pointer.as_str()),
        ("treated-exceeds-received", "/wasteItems/0/weight")
    );
    let figures = serde_json::to_value(&found.figures).unwrap();
    assert_eq!(figures, json!({"received_g": 1_200_000, "treated_g": "1200000.001", "excess_g": "0.001"}));
    let under = code("1.199e3");
    assert_eq!((under.verdict(), under.notices[0].code.as_str()), (CheckVerdict::Clean, "on-hand"));
    assert_eq!(under.notices[0].figures.0["on_hand_g"], 1000.into());
    // A tenth has no end in binary: sums are not of floats.
    let mut value = receipt();
    let part = json!({"code": "R1", "weight": {"metric": "Tonnes", "amount": 0.1, "isEstimate": true}});
    value["wasteItems"][0]["disposalOrRecoveryCodes"] = json!(vec![part; 12]);
    assert!(judged(&value).notices.is_empty() && judged(&value).findings.is_empty());
}

#[test]
fn strangers_and_half_texts_are_errors() {
    for text in
        ["", "[]", "7", "null", "\"x\"", "{\"apiCode\": NaN}", "{\"a\":1,\"a\":2}", "{", "[[[[[1]]]]]"]
    {
        let checked = check(text.as_bytes(), "uk", None, Timestamp::from_millis(0)).unwrap();
        assert_eq!(checked.verdict(), CheckVerdict::Unreadable, "{text}");
    }
    let marked = format!("\u{feff}{}", receipt());
    let checked = check(marked.as_bytes(), "uk", None, Timestamp::from_millis(0)).unwrap();
    assert_eq!(
        (checked.verdict(), checked.notices[0].code.as_str()),
        (CheckVerdict::Clean, "byte-order-mark")
    );
    assert_eq!(judged(&json!({})).verdict(), CheckVerdict::Findings);
}
