//! Where editing begins: the vectors, and a few texts made here.

use liandan::app::access::TokenClaims;
use liandan::clock::Timestamp;
use liandan::custody::bundle::{About, Bundle, Item, KeyItem, Opening};
use liandan::custody::head::HeadStatement;
use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::cosignature::Cosigner;
use liandan::ledger::merkle::empty_root;
use liandan::ledger::note::{NoteKey, NoteSigner};
use liandan::ledger::tlog_proof::TlogProof;
use liandan::ledger::{Digest, EventId, Salt, SigningKey, b64};
use liandan::shape::Text;
use serde_json::Value;

const LEDGER: &str = include_str!("../../vectors/ledger.json");
const EVENTS: &str = include_str!("../../vectors/events.json");
/// Origin of the heads that are made here.
const ORIGIN: &str = "fuzz.example/log";

fn vectors(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The member of every item of these lists, as bytes.
fn members(vectors: &Value, pointers: &[&str], member: &str) -> Vec<Vec<u8>> {
    let lists = pointers.iter().map(|pointer| vectors.pointer(pointer).unwrap().as_array().unwrap());
    lists.flatten().filter_map(|item| Some(item[member].as_str()?.as_bytes().to_vec())).collect()
}

pub(super) fn envelopes() -> Vec<Vec<u8>> {
    members(&vectors(LEDGER), &["/envelopes/good", "/envelopes/refused"], "text")
}

/// Every compact form that may verify.
pub(super) fn good_compacts() -> Vec<Vec<u8>> {
    members(&vectors(LEDGER), &["/envelopes/good"], "compact")
}

/// The keys that the envelopes name.
pub(super) fn envelope_keys() -> Vec<liandan::ledger::PublicKey> {
    let keys = members(&vectors(LEDGER), &["/envelopes/good"], "public");
    keys.iter().map(|key| std::str::from_utf8(key).unwrap().parse().unwrap()).collect()
}

pub(super) fn notes() -> Vec<Vec<u8>> {
    let mut notes = members(&vectors(LEDGER), &["/checkpoints/good", "/checkpoints/refused"], "note");
    notes.extend(cosigned());
    notes
}

pub(super) fn vector_vkey() -> String {
    vectors(LEDGER)["checkpoints"]["vkey"].as_str().unwrap().to_owned()
}

pub(super) fn log() -> NoteSigner {
    NoteSigner { name: ORIGIN.to_owned(), key: SigningKey::from_seed([1; 32]) }
}

pub(super) fn witnesses() -> Vec<Cosigner> {
    let witness =
        |n: u8| Cosigner { name: format!("witness-{n}.example"), key: SigningKey::from_seed([10 + n; 32]) };
    (0..3).map(witness).collect()
}

/// A head with no, one, two and three cosignatures.
pub(super) fn cosigned() -> Vec<Vec<u8>> {
    let head = Checkpoint { origin: ORIGIN.to_owned(), size: 5, root: empty_root() };
    let mut note = head.sign(&log()).unwrap();
    let mut notes = vec![note.clone().into_bytes()];
    for (witness, at_s) in witnesses().iter().zip([1_790_000_000, 1_790_000_001, u64::MAX]) {
        note.push_str(&witness.cosign(&head.to_text(), at_s).unwrap());
        notes.push(note.clone().into_bytes());
    }
    notes
}

pub(super) fn checkpoints() -> Vec<Vec<u8>> {
    let text = |note: Vec<u8>| {
        let note = String::from_utf8(note).unwrap();
        note.rsplit_once("\n\n").map(|(text, _)| format!("{text}\n").into_bytes())
    };
    let mut texts: Vec<_> = notes().into_iter().filter_map(text).collect();
    texts.push(
        b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nextension\n"
            .to_vec(),
    );
    texts
}

pub(super) fn vkeys() -> Vec<Vec<u8>> {
    let witnesses = witnesses().into_iter().map(|witness| witness.verifier().to_vkey());
    let all = witnesses.chain([log().verifier().to_vkey(), vector_vkey()]);
    all.map(String::into_bytes).collect()
}

pub(super) fn policies() -> Vec<Vec<u8>> {
    let [a, b, c] = [0, 1, 2].map(|n| witnesses()[n].verifier().to_vkey());
    let log = log().verifier().to_vkey();
    let head = format!(
        "# whose heads count\nlog {log} https://fuzz.example/\nwitness a {a}\nwitness b {b} https://b.example\n"
    );
    [
        format!("log {log}\nquorum none\n"),
        format!("{head}\ngroup two any a b\nquorum two\n"),
        format!("{head}witness\tc {c}\ngroup inner 2 a b\ngroup outer all inner c\nquorum outer\n"),
        format!("{head}quorum a\n"),
    ]
    .map(String::into_bytes)
    .to_vec()
}

/// Proofs of inclusion in the bytes that [`super::hold::inclusion`] reads.
pub(super) fn inclusion_proofs() -> Vec<Vec<u8>> {
    let vectors = vectors(LEDGER);
    let trees = vectors["trees"]["good"].as_array().unwrap().iter();
    trees
        .flat_map(|tree| {
            tree["inclusion"].as_array().unwrap().iter().map(|proof| {
                let head = [&number(&proof["index"])[..], &number(&tree["size"])].concat();
                [head, digest(&proof["leaf_hash"]), digest(&tree["root"]), path(proof)].concat()
            })
        })
        .collect()
}

/// Proofs of consistency in the bytes that [`super::hold::consistency`] reads.
pub(super) fn consistency_proofs() -> Vec<Vec<u8>> {
    let vectors = vectors(LEDGER);
    let trees = vectors["trees"]["good"].as_array().unwrap().iter();
    trees
        .flat_map(|tree| {
            tree["consistency"].as_array().unwrap().iter().map(|proof| {
                let head = [&number(&proof["old_size"])[..], &number(&tree["size"])].concat();
                [head, digest(&proof["old_root"]), digest(&tree["root"]), path(proof)].concat()
            })
        })
        .collect()
}

fn number(value: &Value) -> [u8; 8] {
    value.as_u64().unwrap().to_be_bytes()
}

fn digest(value: &Value) -> Vec<u8> {
    b64::decode(value.as_str().unwrap()).unwrap()
}

fn path(proof: &Value) -> Vec<u8> {
    proof["proof"].as_array().unwrap().iter().flat_map(digest).collect()
}

pub(super) fn leaves() -> Vec<Vec<u8>> {
    let hex = members(&vectors(LEDGER), &["/leaves/good", "/leaves/refused", "/leaves/unknown"], "leaf_hex");
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    hex.iter().map(|hex| hex.chunks(2).map(byte).collect()).collect()
}

pub(super) fn tile_paths() -> Vec<Vec<u8>> {
    let paths = ["tile/0/000", "tile/0/999.p/1", "tile/4/x001/000", "tile/63/x001/x234/067.p/255"];
    let entries = ["tile/entries/x001/x234/067", "tile/entries/x018/x446/x744/x073/x709/x551/615.p/9"];
    [&paths[..], &entries].concat().iter().map(|path| path.as_bytes().to_vec()).collect()
}

pub(super) fn events() -> Vec<Vec<u8>> {
    let vectors = vectors(EVENTS);
    let good =
        vectors["events"].as_array().unwrap().iter().map(|event| event["payload"].to_string().into_bytes());
    let bad = vectors["refused"].as_array().unwrap().iter();
    good.chain(bad.filter_map(|event| Some(event["payload"].as_str()?.as_bytes().to_vec()))).collect()
}

/// The payloads of embedded envelopes of a section.
fn embedded(section: &str) -> Vec<Vec<u8>> {
    let vectors = vectors(EVENTS);
    let lists = vectors[section].as_object().unwrap().values().filter_map(Value::as_array);
    let compacts = lists.flatten().filter_map(|item| item["compact"].as_str());
    compacts.map(|compact| b64::decode(compact.split('.').nth(1).unwrap()).unwrap()).collect()
}

pub(super) fn offers() -> Vec<Vec<u8>> {
    embedded("offers")
}

pub(super) fn invitations() -> Vec<Vec<u8>> {
    embedded("invitations")
}

pub(super) fn codes() -> Vec<Vec<u8>> {
    embedded("codes")
}

pub(super) fn tokens() -> Vec<Vec<u8>> {
    let claims = |iat, exp, jti: &str| TokenClaims {
        aud: Text::new(ORIGIN).unwrap(),
        iat,
        exp,
        jti: Text::new(jti).unwrap(),
    };
    let claims = [claims(1_790_000_000, 1_790_000_300, "a"), claims(i64::MIN, i64::MAX, "令牌")];
    claims.iter().map(|claims| serde_json::to_vec(claims).unwrap()).collect()
}

pub(super) fn tlog_proofs() -> Vec<Vec<u8>> {
    let note = String::from_utf8(cosigned().remove(2)).unwrap();
    let proof = |index, hashes: u8, extra: Option<&[u8]>| TlogProof {
        extra: extra.map(<[u8]>::to_vec),
        index,
        hashes: (0..hashes).map(|n| Digest([n; 32])).collect(),
        checkpoint: note.clone(),
    };
    let proofs = [proof(0, 0, None), proof(7, 3, None), proof(u64::MAX >> 2, 63, Some(b"extra"))];
    proofs.iter().map(|proof| proof.to_text().into_bytes()).collect()
}

pub(super) fn heads() -> Vec<Vec<u8>> {
    let manifest = "01890a5d-ac96-774b-bcce-b302099a8057";
    let head = |number: Option<&str>| HeadStatement {
        v: 1,
        log: Text::new(ORIGIN).unwrap(),
        manifest: manifest.parse().unwrap(),
        number: number.map(|number| Text::new(number).unwrap()),
        events: 3,
        last_event: EventId::from_bytes([9; 32]),
        last_index: 11,
        size: 20,
        root: Digest([1; 32]),
        at: Timestamp::from_millis(1_790_000_000_000),
    };
    [head(None), head(Some("LD2026-371300-000001"))]
        .iter()
        .map(|head| serde_json::to_vec(head).unwrap())
        .collect()
}

/// Documents with some of the vectors' events in them; none of them holds.
pub(super) fn bundles() -> Vec<Vec<u8>> {
    let vectors = vectors(EVENTS);
    let proof = String::from_utf8(tlog_proofs().remove(1)).unwrap();
    let opening = |n: usize| Opening {
        event: vectors["events"][n]["compact"].as_str().unwrap().to_owned(),
        salt: Salt([7; 32]),
        recorded_at_ms: 1_790_000_000_000,
        skew_ms: -3,
    };
    let said = |n| Item::Said { opening: opening(n), proof: proof.clone() };
    let erased = Item::Erased { leaf: leaves().remove(0), proof: proof.clone() };
    let key = |opening| KeyItem { leaf: leaves().remove(2), proof: proof.clone(), opening };
    let bundle = |about, head: Option<&str>, events| Bundle {
        log: Text::new(ORIGIN).unwrap(),
        about,
        head: head.map(str::to_owned),
        events,
        keys: vec![key(Some(opening(0))), key(None)],
    };
    let manifest = About::Manifest("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap());
    let event = About::Event(EventId::from_bytes([9; 32]));
    [bundle(manifest, Some("a.b.c"), vec![said(20), erased]), bundle(event, None, vec![said(1)])]
        .iter()
        .map(|bundle| bundle.to_json().into_bytes())
        .collect()
}

pub(super) fn labels() -> Vec<Vec<u8>> {
    let code = "91110000101623741K9000414920260302007";
    let spelled = "９１110000101623741k-900-041-49-20260302-007 ";
    let elements = "(414)6901234567892(254)B2(8003)06901234567892DRUM-7";
    let scanned = "]C14146901234567892254B2\u{1d}8004690123BOX";
    [code, spelled, elements, scanned, &code[1..], "(00)106141412345678908"].map(|text| text.into()).to_vec()
}
