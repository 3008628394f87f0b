//! Events about standing: the ledger, parties, sites, keys, permits, plans, mandates, declarations to the authority.

use serde_json::json;

use super::{
    AUTHORITY, CARRIER, CONSIGNEE, CONSIGNOR, Said, digest, full, id, invitation_text, key, minimal, place,
};

pub(super) fn vectors() -> Vec<Said> {
    [ledger(), parties_and_sites(), keys(), permits(), papers(), mandates(), declarations()].concat()
}

fn ledger() -> Vec<Said> {
    let pinned = |name: &str, n: u8| json!({ "id": name, "version": "2026-01", "sha256": digest(n) });
    vec![
        full(
            "ledger.founded",
            AUTHORITY,
            json!({
                "name": "向量示例账本", "jurisdiction": "cn", "division": "371302", "authority_name": "示例生态环境局",
                "key": key(1).public().to_string(), "log_key": key(9).public().to_string(),
            }),
        ),
        full(
            "profile.adopted",
            AUTHORITY,
            json!({
                "profile": pinned("cn", 11), "calendar": pinned("cn-working-days", 12),
                "catalogue": pinned("2025", 13), "rules": pinned("liandan", 14), "text": "id = \"cn\"\nversion = 2",
            }),
        ),
        minimal(
            "profile.adopted",
            AUTHORITY,
            json!({
                "profile": pinned("cn", 11), "calendar": pinned("cn-working-days", 12),
                "catalogue": pinned("2025", 13), "rules": pinned("liandan", 14),
            }),
        ),
    ]
}

fn parties_and_sites() -> Vec<Said> {
    let party = json!({
        "party": CONSIGNOR, "name": "示例化工有限公司", "name_en": "Example Chemicals Ltd",
        "kinds": ["producer", "operator", "carrier", "authority", "other"], "division": "371302",
        "aliases": [{ "system": "epa-id", "value": "VAD000000001" }],
    });
    let bare_party =
        json!({ "party": CARRIER, "name": "示例运输有限公司", "kinds": ["carrier"], "division": "371302" });
    let cameras = ["https://video.example/1", "rtsps://video.example/2", "rtsp://10.0.0.9/3"]
        .map(|link| json!({ "name": "东门", "link": link, "keeps_days": 90 }));
    let site = json!({
        "site": id(20), "party": CONSIGNOR, "name": "一号厂区", "division": "371302", "place": place("typed"),
        "classes": [
            { "year": 2024, "class": "registered" }, { "year": 2025, "class": "simplified" },
            { "year": 2026, "class": "key" },
        ],
        "facilities": [
            { "code": "TS001", "name": "危废库", "capacity_g": 50_000_000, "day_capacity_g": 8_000_000, "is_point": true, "cameras": cameras },
        ],
    });
    let bare_site = json!({ "site": id(21), "party": CONSIGNEE, "name": "焚烧厂", "division": "370102" });
    vec![
        full("party.registered", AUTHORITY, party.clone()),
        minimal("party.registered", AUTHORITY, bare_party.clone()),
        full("party.updated", AUTHORITY, party),
        minimal("party.updated", AUTHORITY, bare_party),
        full("site.registered", AUTHORITY, site.clone()),
        minimal("site.registered", AUTHORITY, bare_site.clone()),
        full("site.updated", AUTHORITY, site),
        minimal("site.updated", AUTHORITY, bare_site),
        full("site.closed", AUTHORITY, json!({ "site": id(20), "on": "2026-12-31", "reason": "停产\n搬迁" })),
    ]
}

fn keys() -> Vec<Said> {
    let revoked = |reason: &str| json!({ "key": key(3).kid().to_string(), "reason": reason, "suspected_from": 0, "note": "手机丢失" });
    let bare = json!({ "key": key(3).kid().to_string(), "reason": "superseded" });
    vec![
        full(
            "key.enrolled",
            CONSIGNOR,
            json!({ "key": key(2).public().to_string(), "invitation": invitation_text(1), "code": "483920" }),
        )
        .signed_by(2),
        minimal(
            "key.enrolled",
            CONSIGNOR,
            json!({ "key": key(2).public().to_string(), "invitation": invitation_text(1) }),
        )
        .signed_by(2),
        full(
            "key.rotated",
            CONSIGNOR,
            json!({
                "replaces": key(2).kid().to_string(), "key": key(3).public().to_string(),
                "invitation": invitation_text(2),
            }),
        )
        .signed_by(3),
        full("key.revoked", CONSIGNOR, revoked("lost")),
        minimal("key.revoked", CONSIGNOR, bare),
        full("key.revoked", CONSIGNOR, revoked("stolen")).but("another reason"),
        full("key.revoked", CONSIGNOR, revoked("left")).but("another reason"),
        full("key.revoked", CONSIGNOR, revoked("other")).but("another reason"),
    ]
}

fn permits() -> Vec<Said> {
    // A pattern is a category, a whole code, or what codes begin with.
    let items = json!([{
        "codes": ["HW08", "900-041-49", "900-0"], "methods": ["R9", "D10", "C1"], "yearly_g": 9_007_199_254_740_991_i64,
    }]);
    let full_items = json!([{
        "codes": ["HW08", "900-041-49", "900-0"], "methods": ["R9", "D10", "C1"], "yearly_g": 9_007_199_254_740_991_i64,
        "collection": { "working_days": 60 },
    }]);
    let stands = json!({ "permit": id(30), "from": "2026-04-01", "reason": "见决定书" });
    vec![
        full(
            "permit.issued",
            AUTHORITY,
            json!({
                "permit": id(30), "number": "鲁危证001号", "party": CONSIGNEE, "site": id(21), "items": full_items,
                "valid_from": "2026-01-01", "valid_to": "2030-12-31",
            }),
        ),
        minimal(
            "permit.issued",
            AUTHORITY,
            json!({
                "permit": id(30), "number": "鲁危证001号", "party": CONSIGNEE, "items": items,
                "valid_from": "2026-01-01", "valid_to": "2030-12-31",
            }),
        ),
        full(
            "permit.amended",
            AUTHORITY,
            json!({
                "permit": id(30), "items": full_items, "valid_from": "2026-01-01", "valid_to": "2030-12-31",
                "reason": "扩大规模",
            }),
        ),
        full("permit.suspended", AUTHORITY, stands.clone()),
        full("permit.reinstated", AUTHORITY, stands.clone()),
        full("permit.revoked", AUTHORITY, stands),
        full(
            "vehicle.licensed",
            AUTHORITY,
            json!({
                "vehicle": id(31), "plate": "鲁Q12345", "carrier": CARRIER, "licence": "370000123456",
                "rated_load_g": 18_000_000, "valid_from": "2026-01-01", "valid_to": "2026-12-31",
                "papers": [digest(15), digest(16)],
            }),
        ),
        minimal(
            "vehicle.licensed",
            AUTHORITY,
            json!({
                "vehicle": id(31), "plate": "鲁Q12345", "carrier": CARRIER, "licence": "370000123456",
                "valid_from": "2026-01-01", "valid_to": "2026-12-31",
            }),
        ),
        person("driver"),
        person("escort").but("another choice"),
    ]
}

fn person(qualification: &str) -> Said {
    full(
        "person.qualified",
        AUTHORITY,
        json!({
            "key": key(4).kid().to_string(), "carrier": CARRIER, "qualification": qualification,
            "certificate": "371300000001", "valid_from": "2026-01-01", "valid_to": "2031-12-31",
        }),
    )
}

fn papers() -> Vec<Said> {
    let line = json!({ "code": "900-041-49", "yearly_g": 120_000_000, "consignees": [CONSIGNEE] });
    let bare_line = json!({ "code": "900-041-49", "yearly_g": 1 });
    let plan = json!({ "plan": id(32), "site": id(20), "year": 2026, "lines": [line] });
    let bare_plan = json!({ "plan": id(32), "site": id(20), "year": 2026, "lines": [bare_line] });
    let approval = |line: &serde_json::Value| {
        json!({
            "approval": id(33), "number": "鲁环固移〔2026〕1号", "consignor": CONSIGNOR, "consignee": CONSIGNEE,
            "lines": [line], "methods": ["D10"], "valid_from": "2026-01-01", "valid_to": "2026-12-31",
        })
    };
    let asked = json!({
        "approval": id(33), "consignee": CONSIGNEE, "lines": [bare_line], "methods": ["D10"],
        "valid_from": "2026-01-01", "valid_to": "2026-12-31",
    });
    let mut asked_in_full = asked.clone();
    asked_in_full["lines"] = json!([line]);
    asked_in_full["contract"] = json!(id(34));
    asked_in_full["documents"] = json!([digest(15), digest(16)]);
    let advanced = |stage: &str| json!({ "approval": id(33), "stage": stage, "number": "苏环函〔2026〕3号", "reason": "见附件" });
    vec![
        full("plan.filed", CONSIGNOR, plan.clone()),
        minimal("plan.filed", CONSIGNOR, bare_plan.clone()),
        full("plan.amended", CONSIGNOR, plan),
        minimal("plan.amended", CONSIGNOR, bare_plan),
        full("approval.requested", CONSIGNOR, asked_in_full),
        minimal("approval.requested", CONSIGNOR, asked),
        full("approval.advanced", AUTHORITY, advanced("accepted")),
        minimal("approval.advanced", AUTHORITY, json!({ "approval": id(33), "stage": "inquired" })),
        full("approval.advanced", AUTHORITY, advanced("returned")).but("another stage"),
        full("approval.advanced", AUTHORITY, advanced("consented")).but("another stage"),
        full("approval.advanced", AUTHORITY, advanced("objected")).but("another stage"),
        full("approval.advanced", AUTHORITY, advanced("refused")).but("another stage"),
        full("approval.granted", AUTHORITY, approval(&line)),
        minimal("approval.granted", AUTHORITY, approval(&bare_line)),
        full("approval.revoked", AUTHORITY, json!({ "approval": id(33), "reason": "接收地变更" })),
        full(
            "contract.filed",
            CONSIGNOR,
            json!({
                "contract": id(34), "with": CONSIGNEE, "codes": ["HW49"], "valid_from": "2026-01-01",
                "valid_to": "2026-12-31", "standing_consent": true, "sha256": digest(17),
            }),
        ),
        minimal(
            "contract.filed",
            CONSIGNOR,
            json!({
                "contract": id(34), "with": CONSIGNEE, "codes": ["HW49"], "valid_from": "2026-01-01",
                "valid_to": "2026-12-31",
            }),
        ),
    ]
}

fn mandates() -> Vec<Said> {
    vec![
        full(
            "mandate.granted",
            CONSIGNOR,
            json!({
                "mandate": id(2), "to": CARRIER, "key": key(4).kid().to_string(),
                "kinds": ["manifest.registered", "waste.collected"],
                "from": "2026-01-01T00:00:00.000Z", "until": "9999-12-31T23:59:59.999Z",
            }),
        ),
        minimal(
            "mandate.granted",
            CONSIGNOR,
            json!({
                "mandate": id(2), "to": CARRIER, "kinds": ["manifest.registered"],
                "from": "1970-01-01T00:00:00Z", "until": "2026-12-31T23:59:59+08:00",
            }),
        ),
        full("mandate.revoked", CONSIGNOR, json!({ "mandate": id(2), "reason": "合作终止" })),
        minimal("mandate.revoked", CONSIGNOR, json!({ "mandate": id(2) })),
    ]
}

fn declarations() -> Vec<Said> {
    let filed = |period: &str, nature: &str| {
        json!({
            "declaration": id(35), "site": id(20), "period": period, "from": "2026-01-01", "nature": nature,
            "lines": [
                { "code": "900-041-49", "measure": "generated", "mass_g": 9_007_199_254_740_991_i64 },
                { "code": "900-041-49", "measure": "sent-on", "mass_g": 0 },
            ],
        })
    };
    vec![
        full("declaration.filed", CONSIGNOR, filed("month", "figures")),
        full("declaration.filed", CONSIGNOR, filed("quarter", "figures")).but("another period"),
        minimal(
            "declaration.filed",
            CONSIGNOR,
            json!({ "declaration": id(35), "site": id(20), "period": "year", "from": "2026-01-01", "nature": "zero" }),
        ),
        minimal(
            "declaration.filed",
            CONSIGNOR,
            json!({
                "declaration": id(35), "site": id(20), "period": "year", "from": "2026-01-01", "nature": "shutdown",
            }),
        )
        .but("another nature"),
        full(
            "declaration.returned",
            AUTHORITY,
            json!({
                "declaration": id(35), "reasons": [{ "pointer": "/lines/0/mass_g", "reason": "与联单不符" }],
            }),
        ),
        full("declaration.accepted", AUTHORITY, json!({ "declaration": id(35) })),
    ]
}
