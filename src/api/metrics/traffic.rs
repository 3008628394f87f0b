//! Requests as they come and are answered, by route and never by path: what callers make up makes no row.

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::clock::Stopwatch;

/// Upper ends of what a request takes until its answer begins, in seconds.
const SECONDS: [f64; 8] = [0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];
/// What leads nowhere.
const NO_ROUTE: &str = "none";
/// Methods that are told by their names; callers may make up others.
static METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
const OTHER_METHOD: &str = "other";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

/// What came in and how it was answered, since the process began.
#[derive(Clone, Debug)]
pub struct Traffic {
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    under_way: Gauge,
}

impl Default for Traffic {
    fn default() -> Self {
        let seconds: fn() -> Histogram = || Histogram::new(SECONDS);
        Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(seconds),
            under_way: Gauge::default(),
        }
    }
}

impl Traffic {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Answers to requests", self.requests.clone());
        registry.register_with_unit(
            "http_answer",
            "Until an answer begins",
            Unit::Seconds,
            self.seconds.clone(),
        );
        registry.register(
            "http_under_way",
            "Requests whose answers did not begin yet",
            self.under_way.clone(),
        );
    }
}

/// A request that waits for its answer, or whose caller hung up.
struct UnderWay(Gauge);

impl UnderWay {
    fn begun(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Count a request.
pub(in crate::api) async fn count(State(traffic): State<Traffic>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let method = named(request.method());
    let (watch, under_way) = (Stopwatch::start(), UnderWay::begun(&traffic.under_way));
    let answer = next.run(request).await;
    drop(under_way);
    traffic.seconds.get_or_create(&Route { method, route: route.clone() }).observe(watch.seconds());
    let answered = Answered { method, route, status: answer.status().as_u16() };
    traffic.requests.get_or_create(&answered).inc();
    answer
}

fn named(method: &Method) -> &'static str {
    METHODS.iter().find(|known| *known == method).map_or(OTHER_METHOD, Method::as_str)
}
