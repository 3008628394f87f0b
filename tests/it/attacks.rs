//! What a hostile reviewer tries, one file per kind of attack: a stimulus, and the one outcome that is allowed.

mod sealed_leaves;
