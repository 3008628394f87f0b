//! A sheet of those who are to enrol a key: each row a firm, and where it says so a role and a person. Other columns are left alone, so that a
//! roster of firms serves as it is.

use std::collections::BTreeSet;

use super::number_list::{SheetFault, sheet};
use super::roster::{CellError, Column, places};
use crate::catalogue::Uscc;
use crate::registry::Role;
use crate::shape::Text;

/// The columns, as those of a roster.
pub const COLUMNS: [Column; 3] =
    [("uscc", "统一社会信用代码", true), ("role", "角色", false), ("person", "姓名", false)];
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
    let table = sheet::read(bytes).map_err(|fault| {
        let SheetFault { zh, en, .. } = fault;
        vec![CellError { row: 0, column: "", zh, en }]
    })?;
    let mut rows = table.rows();
    let head = rows.next().map_or(&[][..], |(_, head)| head);
    let places = places(&COLUMNS, head.iter().map(String::as_str))?;
    let (mut known, mut invitees, mut errors) = (BTreeSet::new(), Vec::new(), Vec::new());
    for (row, cells) in rows {
        let cell = |n: usize| places[n].and_then(|place| cells.get(place)).map_or("", String::as_str);
        match invitee(row, &cell) {
            Ok(invitee) if known.insert((invitee.party, invitee.role.name(), invitee.person.clone())) => {
                invitees.push(invitee);
            }
            // Another site of the same firm.
            Ok(_) => {}
            Err(wrong) => errors.extend(wrong),
        }
    }
    if errors.is_empty() { Ok(invitees) } else { Err(errors) }
}

fn invitee<'a>(row: u32, cell: &dyn Fn(usize) -> &'a str) -> Result<Invitee, Vec<CellError>> {
    let wrong = |column: usize, why: String| {
        let (column, name, _) = COLUMNS[column];
        CellError {
            row, column, zh: format!("{name}：无法读取：{why}"), en: format!("{column}: {why}")
        }
    };
    let party = cell(0).parse::<Uscc>().map_err(|error| wrong(0, error.to_string()));
    let role = role(cell(1)).map_err(|why| wrong(1, why));
    let person = match cell(2) {
        "" => Ok(String::new()),
        text => Text::<100>::new(text).map(|text| text.to_string()).map_err(|why| wrong(2, why)),
    };
    match (party, role, person) {
        (Ok(party), Ok(role), Ok(person)) => Ok(Invitee { party, role, person }),
        (party, role, person) => Err([party.err(), role.err(), person.err()].into_iter().flatten().collect()),
    }
}

fn role(text: &str) -> Result<Role, String> {
    if text.is_empty() {
        return Ok(Role::Administrator);
    }
    let known = ROLES.iter().find(|(zh, role)| *zh == text || role.name() == text).map(|(_, role)| *role);
    known.ok_or_else(|| format!("{text:?} is none of {}", Role::ALL.map(Role::name).join(", ")))
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
