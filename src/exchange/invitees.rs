//! A sheet of those who are to enrol a key: each row a firm, and where it says so a role and a person. Other columns are left alone, so that a
//! roster of firms serves as it is.

use std::collections::BTreeSet;

use super::table::{CellError, Cells, Column, Table, Why, parsed, words};
use crate::catalogue::Uscc;
use crate::registry::Role;

/// The columns, as those of a roster.
pub const COLUMNS: [Column; 3] = [
    Column::wanted("uscc", "统一社会信用代码"),
    Column::optional("role", "角色"),
    Column::optional("person", "姓名"),
];
/// Roles with their Chinese words.
const ROLES: [(&str, Role); 8] = [
    ("管理员", Role::Administrator),
    ("经办人", Role::Operator),
    ("司机", Role::Driver),
    ("押运员", Role::Escort),
    ("查阅", Role::Viewer),
    ("登记员", Role::Registrar),
    ("执法人员", Role::Officer),
    ("审计人员", Role::Auditor),
];

/// Somebody who is to enrol a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitee {
    /// The party the key will speak for.
    pub party: Uscc,
    /// The role it gets; a firm's first is its administrator.
    pub role: Role,
    /// Who it is, for whoever hands the invitations out; empty where the sheet does not say.
    pub person: String,
}

/// Who is to be invited, each once, in the order of the sheet; or everything that is wrong in it.
pub fn read(bytes: &[u8]) -> Result<Vec<Invitee>, Vec<CellError>> {
    let table = Table::read(bytes, &COLUMNS)?;
    let (mut known, mut invitees, mut errors) = (BTreeSet::new(), Vec::new(), Vec::new());
    for mut cells in table.rows() {
        match invitee(&mut cells) {
            // Another site of the same firm invites nobody anew.
            Some(invitee) => {
                if known.insert((invitee.party, invitee.role.name(), invitee.person.clone())) {
                    invitees.push(invitee);
                }
            }
            None => errors.append(&mut cells.errors),
        }
    }
    if errors.is_empty() { Ok(invitees) } else { Err(errors) }
}

/// Who a row invites; `None` when something in it is wrong.
fn invitee(cells: &mut Cells<'_>) -> Option<Invitee> {
    let party = cells.wanted(0, parsed("不是统一社会信用代码"));
    let role = cells.optional(1, role).unwrap_or(Role::Administrator);
    let person = cells.optional(2, words::<100>).map(|person| person.to_string()).unwrap_or_default();
    let party = party.filter(|_| cells.errors.is_empty())?;
    Some(Invitee { party, role, person })
}

fn role(text: &str) -> Result<Role, Why> {
    let known = ROLES.iter().find(|(zh, role)| *zh == text || role.name() == text).map(|(_, role)| *role);
    known.ok_or_else(|| {
        let zh = format!("应为 {} 之一", ROLES.map(|(zh, _)| zh).join("、"));
        Why::new(zh, format!("{text:?} is none of {}", Role::ALL.map(Role::name).join(", ")))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_roster_of_firms_invites_the_administrator_of_each() {
        let roster = "统一社会信用代码,单位名称,场所名称\n91350100M000100Y43,甲厂,一车间\n91350100M000100Y43,甲厂,二车间\n91130200699229617X,乙,\n";
        let invited = read(roster.as_bytes()).unwrap();
        let invited: Vec<(String, Role)> =
            invited.iter().map(|invitee| (invitee.party.to_string(), invitee.role)).collect();
        assert_eq!(
            invited,
            [
                ("91350100M000100Y43".to_owned(), Role::Administrator),
                ("91130200699229617X".to_owned(), Role::Administrator)
            ]
        );
    }

    #[test]
    fn people_and_roles_are_told_apart_and_everything_wrong_is_said() {
        let sheet = "uscc,role,person\n91350100M000100Y43,司机,王\n91350100M000100Y43,driver,李\n91350100M000100Y43,driver,李\n";
        let people: Vec<String> = read(sheet.as_bytes()).unwrap().into_iter().map(|one| one.person).collect();
        assert_eq!(people, ["王", "李"]);
        let wrong = read("uscc,role\n9135,boss\n91350100M000100Y43,\n".as_bytes()).unwrap_err();
        let places: Vec<(u32, &str)> = wrong.iter().map(|error| (error.row, error.column)).collect();
        assert_eq!(places, [(2, "uscc"), (2, "role")]);
        assert_eq!(read("role\n".as_bytes()).unwrap_err()[0].column, "uscc");
    }

    #[test]
    fn every_role_has_its_word() {
        assert!(Role::ALL.iter().all(|role| ROLES.iter().any(|(_, known)| known == role)));
    }
}
