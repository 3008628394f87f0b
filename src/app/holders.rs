//! Who holds a key (持有人), in words. The log names keys and no persons; a name stands beside it, and goes when it must: nothing that was signed
//! or computed changes by that.

use std::collections::HashMap;

use super::access::Viewer;
use super::error::{Refusal, RefusalKind, SubmitError};
use super::{App, Fault};
use crate::custody::admit::Objection;
use crate::ledger::Kid;
use crate::registry::Role;
use crate::shape::Text;
use crate::store::{key_holder, registry};

impl App {
    /// Write down who holds a key, or (`None`) forget it. For who keeps the keys of its party: administrators, officers, registrars; and for the
    /// key itself. False when there is no such key of the viewer's own party, or nothing to forget.
    pub async fn name_holder(
        &self,
        viewer: &Viewer,
        kid: Kid,
        name: Option<Text<50>>,
    ) -> Result<bool, SubmitError> {
        let (Some(party), Some(own), Some(role)) = (viewer.party(), viewer.kid(), viewer.role()) else {
            return Ok(false);
        };
        self.may_write()?;
        let now = self.clock().now();
        let mut tx = self.inner.store.write().await?;
        let keys = registry::keys(&mut tx, &[kid, own]).await?;
        // Who looks as another party keeps none of its keys.
        if !keys.iter().any(|key| key.kid == kid && key.party == party)
            || !keys.iter().any(|key| key.kid == own && key.party == party)
        {
            tx.rollback().await?;
            return Ok(false);
        }
        let keeps = matches!(role, Role::Administrator | Role::Officer | Role::Registrar);
        if !keeps && own != kid {
            tx.rollback().await?;
            let zh = "只有管理员、执法人员、登记员或持有人本人可以填写姓名";
            let en = "an administrator, officer or registrar says who holds a key, or its holder";
            return Err(
                Refusal::one(RefusalKind::Unacceptable, Objection::new("not-keeper", "", zh, en)).into()
            );
        }
        let is_done = match name {
            Some(name) => {
                key_holder::put(&mut tx, kid, &name, (own, now)).await?;
                true
            }
            None => key_holder::erase(&mut tx, kid).await?,
        };
        tx.commit().await?;
        Ok(is_done)
    }

    /// Who holds these keys, as far as somebody said and the viewer may see the records of their parties.
    pub async fn holders(&self, viewer: &Viewer, kids: &[Kid]) -> Result<HashMap<Kid, String>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let keys = registry::keys(&mut tx, kids).await?;
        let seen = keys.iter().filter(|key| viewer.may_see_records_of(key.party)).map(|key| key.kid);
        Ok(key_holder::names(&mut tx, &seen.collect::<Vec<_>>()).await?)
    }
}
