//! The problems that operations answer with, as the description of the interface lists them.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::problem::{
    AS_OF_LIMIT, BUNDLE_LIMIT, BUSY, FAULT, MALFORMED, NO_FONT, NOT_FOUND, NOT_READY, PROBLEM_JSON,
    ProblemKind, READ_ONLY, ROLE, SIGNATURE, TIMEOUT, TOKEN, TOO_LARGE, TRACE_LIMIT, UNACCEPTABLE,
};

/// Problems of reading a list or a record with a token.
pub(super) struct Reading;

impl IntoResponses for Reading {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        reading(&[MALFORMED, TOKEN, ROLE, NOT_FOUND, TIMEOUT, FAULT])
    }
}

/// Problems of reading what can also be refused for what is asked.
pub(super) struct Proposing;

impl IntoResponses for Proposing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        listed(&[MALFORMED, TOKEN, ROLE, NOT_FOUND, UNACCEPTABLE, TIMEOUT, FAULT])
    }
}

/// Problems of comparing a sheet.
pub(super) struct Comparing;

impl IntoResponses for Comparing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        listed(&[MALFORMED, TOKEN, ROLE, NOT_FOUND, TOO_LARGE, UNACCEPTABLE, TIMEOUT, FAULT])
    }
}

/// Problems of fetching a proof or a head statement.
pub(super) struct Proving;

impl IntoResponses for Proving {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        reading(&[MALFORMED, TOKEN, ROLE, NOT_FOUND, NOT_READY, READ_ONLY, TIMEOUT, FAULT])
    }
}

/// Problems of fetching a bundle.
pub(super) struct Bundling;

impl IntoResponses for Bundling {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        reading(&[MALFORMED, TOKEN, ROLE, NOT_FOUND, BUNDLE_LIMIT, NOT_READY, READ_ONLY, TIMEOUT, FAULT])
    }
}

/// Problems of reading what may be asked as it was known once.
pub(super) struct Remembering;

impl IntoResponses for Remembering {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        reading(&[MALFORMED, TOKEN, ROLE, NOT_FOUND, AS_OF_LIMIT, TIMEOUT, FAULT])
    }
}

/// Problems of tracing.
pub(super) struct Tracing;

impl IntoResponses for Tracing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        reading(&[MALFORMED, TOKEN, ROLE, NOT_FOUND, TRACE_LIMIT, AS_OF_LIMIT, TIMEOUT, FAULT])
    }
}

/// Problems of reading what is public.
pub(super) struct PublicReading;

impl IntoResponses for PublicReading {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        reading(&[MALFORMED, NOT_FOUND, TIMEOUT, FAULT])
    }
}

/// Problems of reading what is public and can also be refused for what is asked.
pub(super) struct PublicProposing;

impl IntoResponses for PublicProposing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        listed(&[MALFORMED, NOT_FOUND, UNACCEPTABLE, TIMEOUT, FAULT])
    }
}

/// Problems of uploading.
pub(super) struct Uploading;

impl IntoResponses for Uploading {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        listed(&[MALFORMED, TOO_LARGE, SIGNATURE, UNACCEPTABLE, BUSY, READ_ONLY, TIMEOUT, FAULT])
    }
}

/// Problems of preparing an event.
pub(super) struct Preparing;

impl IntoResponses for Preparing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        listed(&[MALFORMED, TOKEN, ROLE, NOT_FOUND, TOO_LARGE, UNACCEPTABLE, BUSY, READ_ONLY, TIMEOUT, FAULT])
    }
}

/// Problems of leaving offers and taking them back.
pub(super) struct Offering;

impl IntoResponses for Offering {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        listed(&[
            MALFORMED,
            TOKEN,
            ROLE,
            NOT_FOUND,
            TOO_LARGE,
            SIGNATURE,
            UNACCEPTABLE,
            READ_ONLY,
            TIMEOUT,
            FAULT,
        ])
    }
}

/// Problems of exchanging an assertion; what is wrong with one is told as OAuth wants it.
pub(super) struct Exchanging;

impl IntoResponses for Exchanging {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        listed(&[TOO_LARGE, BUSY, TIMEOUT, FAULT])
    }
}

/// Problems of lending label numbers.
pub(super) struct Lending;

impl IntoResponses for Lending {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        listed(&[MALFORMED, TOKEN, ROLE, TOO_LARGE, UNACCEPTABLE, READ_ONLY, TIMEOUT, FAULT])
    }
}

/// Problems of printing.
pub(super) struct Printed;

impl IntoResponses for Printed {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        reading(&[MALFORMED, TOKEN, ROLE, NOT_FOUND, UNACCEPTABLE, TIMEOUT, FAULT, NO_FONT])
    }
}

/// Problems of following the feed.
pub(super) struct Following;

impl IntoResponses for Following {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        listed(&[MALFORMED, TOKEN, ROLE, NOT_FOUND, BUSY, TIMEOUT, FAULT])
    }
}

/// Problems of keeping webhooks.
pub(super) struct Keeping;

impl IntoResponses for Keeping {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        listed(&[MALFORMED, TOKEN, ROLE, NOT_FOUND, TOO_LARGE, UNACCEPTABLE, READ_ONLY, TIMEOUT, FAULT])
    }
}

/// Problems of reading, and the answer to whoever has the same already.
fn reading(kinds: &[&ProblemKind]) -> BTreeMap<String, RefOr<Response>> {
    let unchanged = "What `If-None-Match` names: the answer has not changed.";
    let unchanged = RefOr::T(ResponseBuilder::new().description(unchanged).build());
    let mut responses = listed(kinds);
    responses.insert("304".to_owned(), unchanged);
    responses
}

/// One response a status; several sorts of problem may share one.
fn listed(kinds: &[&ProblemKind]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for kind in kinds {
        let line = format!("{} (`/problems/{}`).", kind.title_en, kind.slug);
        by_status.entry(kind.status.as_u16().to_string()).or_default().push(line);
    }
    let response = |lines: Vec<String>| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        RefOr::T(ResponseBuilder::new().description(lines.join(" ")).content(PROBLEM_JSON, content).build())
    };
    by_status.into_iter().map(|(status, lines)| (status, response(lines))).collect()
}
