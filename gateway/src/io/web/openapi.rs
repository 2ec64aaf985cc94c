//! The table of methods as an OpenAPI 3.1 document.

use proto::codes::{STATUSES, Status};
use serde_json::{Map, Value, json};

use super::methods::{
    ERROR, Field, HTTP_REFUSALS, Kind, METHODS, Method, OBJECTS, Object, REFUSALS,
};

/// The document of this version.
pub fn document() -> Value {
    let paths = METHODS.iter().map(|method| (format!("/rpc/v1/{}", method.name), path(method)));
    let schemas = OBJECTS.into_iter().chain([&ERROR]);
    let schemas = schemas.map(|object| (object.name.to_owned(), schema_of_object(object)));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "imq",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What web back ends call at any gateway of an imq cluster.",
        },
        "paths": paths.collect::<Map<_, _>>(),
        "security": [{ "key": [] }],
        "components": {
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas.collect::<Map<_, _>>(),
        },
    })
}

fn path(method: &Method) -> Value {
    let scope = method.scope.map(|scope| format!("Scope: `{}`. ", scope.name()));
    let description = scope.unwrap_or_default() + method.notes;
    json!({ "post": {
        "operationId": method.name,
        "summary": method.summary,
        "description": description.trim_end(),
        "parameters": [idempotency_key()],
        "requestBody": { "required": true, "content": { "application/json": {
            "schema": fields(method.fields),
            "example": example(method.example),
        }}},
        "responses": responses(method),
    }})
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "The same request with the same key runs once, and gets the same answer.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": proto::limits::IDEMPOTENCY_KEY_BYTES_MAX,
        },
    })
}

fn responses(method: &Method) -> Value {
    let good = json!({
        "description": Status::Ok.row().meaning,
        "content": { "application/json": {
            "schema": fields(method.gives),
            "example": example(method.answer),
        }},
    });
    let mut responses = Map::from_iter([(Status::Ok.row().http.to_string(), good)]);
    // Several statuses may have one number in HTTP.
    for row in &STATUSES {
        let whens = method.refusals.iter().chain(&REFUSALS);
        let whens = whens.filter(|(status, _)| status.row().http == row.http);
        let whens: Vec<String> =
            whens.map(|(status, when)| format!("`{}`: {when}", status.row().name)).collect();
        if !whens.is_empty() {
            responses.insert(row.http.to_string(), refusal(&whens.join("; ")));
        }
    }
    for (http, status, when) in HTTP_REFUSALS {
        let when = format!("`{}`: {when}", status.row().name);
        responses.insert(http.to_string(), refusal(&when));
    }
    Value::Object(responses)
}

fn refusal(when: &str) -> Value {
    let schema = json!({
        "type": "object",
        "properties": { "error": reference(&ERROR) },
        "required": ["error"],
    });
    json!({
        "description": when,
        "content": { "application/json": { "schema": schema } },
    })
}

fn example(text: &str) -> Value {
    serde_json::from_str(text).expect("a test reads all examples")
}

fn schema_of_object(object: &Object) -> Value {
    let mut schema = fields(object.fields);
    schema["description"] = Value::from(object.meaning);
    schema
}

fn fields(fields: &[Field]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut choices = Vec::new();
    for field in fields {
        let described = |mut schema: Value| {
            schema["description"] = Value::from(field.meaning);
            schema
        };
        properties.insert(field.name.to_owned(), described(schema(field.kind)));
        if let Kind::Any = field.kind {
            let base64 = format!("{}_base64", field.name);
            let schema = json!({ "type": "string", "contentEncoding": "base64" });
            properties.insert(base64.clone(), described(schema));
            if field.always {
                choices =
                    vec![json!({ "required": [field.name] }), json!({ "required": [base64] })];
            }
        } else if field.always {
            required.push(field.name);
        }
    }
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if !choices.is_empty() {
        schema["oneOf"] = Value::from(choices);
    }
    schema
}

fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Text(None) => json!({ "type": "string" }),
        Kind::Text(Some(max)) => json!({ "type": "string", "maxLength": max }),
        Kind::Number(max) => json!({ "type": "integer", "minimum": 0, "maximum": max }),
        Kind::Signed => json!({ "type": "integer", "format": "int64" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Any => json!({}),
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Body => json!({ "type": "object" }),
        Kind::One(object) => reference(object),
        Kind::Many(object, max) => {
            json!({ "type": "array", "items": reference(object), "maxItems": max })
        }
    }
}

fn reference(object: &Object) -> Value {
    json!({ "$ref": format!("#/components/schemas/{}", object.name) })
}
