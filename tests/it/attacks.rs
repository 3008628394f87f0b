//! What a hostile reviewer tries: each attack is a stimulus and one allowed outcome.
//!
//! | attack | tests |
//! |---|---|
//! | editing a stored byte | `audit::one_flipped_byte_…`, `api::tiles::an_edited_or_missing_entry_is_never_read_as_good` |
//! | deleting a row in the middle, swapping two, cutting off the end | `audit::entries_taken_away_or_swapped_are_named`, `audit::an_end_that_was_cut_off_…`, `durability::read_only` |
//! | flipping a bit in a tile | `api::tiles::a_flipped_bit_in_a_tile_is_neither_served_nor_built_upon`, `durability::read_only`, `interop` |
//! | restoring yesterday's database, keeping the key | `durability::read_only`, `durability::program`, `witness::collecting` |
//! | `kill -9`, a lost connection, a full disk, at every step | `crash`, `simulation` |
//! | starting on settings that lose commits | `store_seam` |
//! | proofs of impossible indexes, sizes and lengths | `api::bundles::proofs_of_impossible_shapes_are_refused`, `fuzz`, unit tests of `ledger/merkle.rs` |
//! | signed notes with two lines for a key, a bad line beside a good one, forged signatures | `signatures::no_forgery_is_taken_for_a_note_or_cosignature`, unit tests of `ledger/note.rs` and `ledger/cosignature.rs` |
//! | JWS with `none`, `HS256`, `ES256`, `jwk`, `jku`, `x5c`, `crit`, `b64`, unprotected or double members, padding | `signatures::every_other_jws_is_refused_alike`, `ledger_vectors::envelopes` |
//! | payloads that two parsers read in two ways | `payloads::nothing_with_two_meanings_is_taken_in`, `event_vectors::refused` |
//! | one statement encoded and signed again, a hundred times at once; one act with other content | `retries::a_hundred_senders_get_one_receipt`, `retries::other_content_under_one_act_is_kept_and_moves_nothing` |
//! | enrolling identity, small-order, non-canonical, mixed-order keys, or a key one does not hold | `signatures::no_hostile_key_is_enrolled`, `hostile` |
//! | crafted signatures at every intake, single and bulk | `signatures::no_forgery_is_accepted_on_any_path`, `hostile` |
//! | signing as another carrier, taking an offer made to another | `standing::nobody_speaks_for_another_or_takes_anothers_offer` |
//! | dating back before a revocation, clocks three days off, false anchors | `standing::an_event_dated_back_before_a_revocation_is_evidence`, `standing::clocks_days_off_are_clamped_and_flagged`, `standing::an_anchor_counts_only_where_it_fits_the_log` |
//! | replaying into another manifest or ledger, splicing `prev` | `standing::a_statement_stays_in_its_ledger_and_manifest`, scenarios `fork`, `two-holders` |
//! | one lot offered to two carriers, both accepted, through two servers at once | `retries::two_servers_at_once_keep_both_takeovers`, `retries::one_file_takes_one_server` |
//! | what an ended or doubted key signed: reaffirmed, disavowed | `key_life`, scenarios `key-…` |
//! | listing and guessing what belongs to others, by lists, ids, feeds, proofs and exports; what others do seen in one's own answers | `api::interference`, `api::access`, `api::changes`, `api::matrix`, `api::webhooks::a_webhook_is_told_what_its_key_may_see_…` |
//! | tokens replayed, for another ledger, of ended keys | `api::access::only_a_fresh_token_…`, `api::access::a_revoked_key_…` |
//! | tokens, signatures and invitations tried in bulk | `limits::who_tries_tokens_is_not_listened_to_for_a_while`, unit tests of `api/rates.rs` |
//! | slow and silent connections, a body of 100 MB, bodies that never end, answers that nobody takes, tiny requests without end, every connection taken | `limits`, unit tests of `api/listen/connections.rs`, `api/bodies.rs` and `api/rates/bucket.rs` |
//! | a webhook to loopback, private, link-local addresses, in every spelling, by a name that leads there | `api::webhooks::no_webhook_goes_into_the_operator_s_network`, unit tests of `app/webhooks/guard.rs` |
//! | guessing public leaves from templates, looking for salts in logs, errors and tiles | `sealed_leaves` |

mod key_life;
mod payloads;
mod retries;
mod sealed_leaves;
mod signatures;
mod standing;

use liandan::ledger::{Digest, SigningKey, b64};
use liandan::registry::Role;
use liandan::scenario::World;

/// The seed of a demonstration key: anybody can compute it, so anybody can forge with it.
fn seed_of(party: &str, role: Role) -> [u8; 32] {
    let seed = Digest::sha256(&[format!("liandan/demo-key/v1\0{party}\0{}", role.name()).as_bytes()]).0;
    assert_eq!(SigningKey::from_seed(seed).kid(), World::embedded().key(party, role).kid());
    seed
}

/// A compact JWS with another signature.
fn with_signature(compact: &str, signature: &[u8]) -> String {
    let (input, _) = compact.rsplit_once('.').unwrap();
    format!("{input}.{}", b64::encode(signature))
}
