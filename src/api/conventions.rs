//! What holds for the whole description, said in one place: how parameters of one name are written, and that too many calls are refused.

use serde_json::Value;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat};
use utoipa::openapi::{
    ContentBuilder, Header, HeaderBuilder, Object, OpenApi, Ref, RefOr, Response, ResponseBuilder, Type,
};

use super::problem::{PROBLEM_JSON, TOO_MANY};
use crate::app::query::MAX_PAGE;
use crate::custody::case::CaseStage;
use crate::custody::paper::PaperKind;
use crate::custody::register::Register;

/// How a parameter is written.
enum Form {
    Uuid,
    /// SHA-256 in base64url without padding.
    Digest,
    Day,
    Like(&'static str),
    OneOf(Vec<&'static str>),
    /// From one to so many.
    UpTo(u64),
}

/// The form of a parameter by its name, and where it is not enough by the address it belongs to. `None`: any text is read.
fn form_of(path: &str, name: &str, place: &ParameterIn) -> Option<Form> {
    let is_in_path = *place == ParameterIn::Path;
    let belongs_to = |resource: &str| path.contains(resource);
    Some(match name {
        "id" if belongs_to("/events/") => Form::Digest,
        "id" if belongs_to("/rules/") => return None,
        "id" | "container" => Form::Uuid,
        "kid" | "owner" | "digest" | "event" => Form::Digest,
        "uscc" | "party" => Form::Like("^[0-9A-HJ-NPQRTUWXY]{18}$"),
        "division" | "below" => Form::Like("^[1-9][0-9]{5}$"),
        "code" if belongs_to("/catalogue/wastes/") => Form::Like("^[0-9]{3}-[0-9]{3}-[0-9]{2}$"),
        "from" | "to" if belongs_to("/statistics") => Form::Like("^[0-9]{4}-(0[1-9]|1[0-2])$"),
        "from" | "to" if belongs_to("/log/") => return None,
        "from" | "to" | "on" => Form::Day,
        "as_of" | "mass_g" => Form::Like("^[0-9]{1,18}$"),
        "limit" => Form::UpTo(MAX_PAGE),
        "direction" => Form::OneOf(vec!["up", "down"]),
        "format" if path.ends_with("/export") => Form::OneOf(vec!["epcis", "epa-emanifest"]),
        "format" if belongs_to("/labels") => Form::OneOf(vec!["pdf", "zpl", "tspl"]),
        "format" if belongs_to("/registers/") => Form::OneOf(vec!["json", "csv", "xlsx", "pdf"]),
        "format" if belongs_to("/statistics") => Form::OneOf(vec!["json", "csv", "xlsx", "parquet"]),
        "format" => Form::OneOf(vec!["json", "csv", "xlsx"]),
        "month" => Form::Like("^[0-9]{4}-(0[1-9]|1[0-2])$"),
        "dpi" => Form::OneOf(vec!["203", "300", "600"]),
        "size" if belongs_to("/labels") => Form::OneOf(vec!["100", "150", "200"]),
        "period" => Form::OneOf(vec!["month", "quarter", "year"]),
        "state" => Form::OneOf(vec!["open", "closed"]),
        "stage" if belongs_to("/cases") => Form::OneOf(CaseStage::ALL.map(CaseStage::name).to_vec()),
        "kind" if !is_in_path => Form::OneOf(PaperKind::ALL.map(PaperKind::name).to_vec()),
        "register" => Form::OneOf(Register::ALL.map(Register::name).to_vec()),
        _ => return None,
    })
}

/// What stands for the answer to too many calls, which every operation may give.
const TOO_MANY_NAME: &str = "TooMany";

/// Finish the description.
pub(super) fn finish(openapi: &mut OpenApi) {
    let components = openapi.components.get_or_insert_default();
    components.responses.insert(TOO_MANY_NAME.to_owned(), RefOr::T(too_many()));
    let paths = std::mem::take(&mut openapi.paths.paths);
    openapi.paths.paths = paths.into_iter().map(|(path, item)| finished(&path, item)).collect();
}

/// The path as OpenAPI writes it: the router's `{*index}` takes slashes, which a description has no word for.
fn finished(path: &str, mut item: PathItem) -> (String, PathItem) {
    let path = path.replace("{*", "{");
    for operation in operations(&mut item) {
        let status = TOO_MANY.status.as_u16().to_string();
        operation.responses.responses.insert(status, Ref::from_response_name(TOO_MANY_NAME).into());
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter {
                name_form(&path, parameter);
            }
        }
    }
    (path, item)
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten()
}

fn too_many() -> Response {
    let header = |schema: Type, text: &str| -> Header {
        HeaderBuilder::new().schema(Some(Object::with_type(schema))).description(Some(text)).build()
    };
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description(format!("{} (`/problems/{}`).", TOO_MANY.title_en, TOO_MANY.slug))
        .header("Retry-After", header(Type::Integer, "Seconds until one more call is taken."))
        .header("RateLimit-Policy", header(Type::String, "The limit: calls `q` in `w` seconds."))
        .header(
            "RateLimit",
            header(Type::String, "Calls left, `r`, and seconds until all are there again, `t`."),
        )
        .content(PROBLEM_JSON, content)
        .build()
}

fn name_form(path: &str, parameter: &mut Parameter) {
    parameter.name = parameter.name.trim_start_matches('*').to_owned();
    let form = form_of(path, &parameter.name, &parameter.parameter_in);
    let (Some(form), Some(RefOr::T(Schema::Object(schema)))) = (form, &mut parameter.schema) else { return };
    match form {
        Form::Uuid => schema.format = Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)),
        Form::Day => schema.format = Some(SchemaFormat::KnownFormat(KnownFormat::Date)),
        Form::Digest => schema.pattern = Some("^[A-Za-z0-9_-]{43}$".to_owned()),
        Form::Like(pattern) => schema.pattern = Some(pattern.to_owned()),
        Form::OneOf(names) => {
            schema.enum_values = Some(names.into_iter().map(Value::from).collect());
        }
        Form::UpTo(most) => {
            schema.minimum = Some(utoipa::Number::UInt(1));
            schema.maximum = Some(utoipa::Number::UInt(usize::try_from(most).unwrap_or(usize::MAX)));
        }
    }
}
