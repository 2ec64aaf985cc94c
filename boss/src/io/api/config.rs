//! The cluster configuration: looked at, replaced, and put back. What is shown has no secrets.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::HeaderMap;
use member::io::http::server::body;
use proto::codes::Status;
use proto::document::Problem;
use serde::{Deserialize, Serialize};

use super::{Api, Refusal, not_done};
use crate::io::mail::Mail;
use crate::machine::configuration::{Configuration, TOML_BYTES_MAX};
use crate::machine::{Answer, Boss, view};

/// Which of those that are kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    version: Option<u64>,
}

/// The version that counts now.
#[derive(Serialize)]
pub(super) struct Configured {
    version: u64,
}

/// `GET /api/v1/config`.
pub(super) async fn show(
    State(api): State<Api>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<view::Config>, Refusal> {
    let version = version(asked)?;
    let found = api.letterbox.look(move |boss, _| boss.config(version).ok_or_else(|| gone(boss)));
    Ok(Json(found.await??))
}

/// `GET /api/v1/config/history`.
pub(super) async fn history(State(api): State<Api>) -> Result<Json<view::ConfigHistory>, Refusal> {
    Ok(Json(api.letterbox.look(|boss, _| boss.config_history()).await?))
}

/// `POST /api/v1/config`.
pub(super) async fn replace(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Configured>, Refusal> {
    api.keys.may_change(request.headers())?;
    let toml = body::read(request.into_body(), TOML_BYTES_MAX).await?;
    let toml = String::from_utf8(toml.into())
        .map_err(|_| Refusal::new(Status::Invalid, "the configuration is not UTF-8"))?;
    let present = api.letterbox.look(|boss, _| boss.configurations().present().clone()).await?;
    let config = Configuration::parse_over(&toml, &present.toml).map_err(wrong)?;
    configure(&api, config, present.version).await
}

/// `POST /api/v1/config/rollback`.
pub(super) async fn roll_back(
    State(api): State<Api>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Configured>, Refusal> {
    api.keys.may_change(&headers)?;
    let Some(version) = version(asked)? else {
        return Err(Refusal::new(Status::Invalid, "say which: ?version=3"));
    };
    let found = api.letterbox.look(move |boss, _| {
        let kept = boss.configurations();
        let one = kept.of(version).ok_or_else(|| gone(boss))?;
        Ok::<_, Refusal>((one.toml.clone(), kept.present().version))
    });
    let (toml, over) = found.await??;
    // What was good for the imq that took it may not be for this one.
    let config = Configuration::parse(&toml).map_err(wrong)?;
    configure(&api, config, over).await
}

async fn configure(
    api: &Api,
    config: Configuration,
    over: u64,
) -> Result<Json<Configured>, Refusal> {
    match api.letterbox.ask(|reply| Mail::Configure(config, over, reply)).await? {
        Answer::Configured(version) => Ok(Json(Configured { version })),
        other @ (Answer::Queue(_)
        | Answer::Called { .. }
        | Answer::Adopted(_)
        | Answer::Unavailable(_)
        | Answer::Late(_)) => Err(not_done(other)),
    }
}

fn version(asked: Result<Query<Asked>, QueryRejection>) -> Result<Option<u64>, Refusal> {
    let wrong = |_| Refusal::new(Status::Invalid, "a version is a number: ?version=3");
    Ok(asked.map_err(wrong)?.0.version)
}

fn gone(boss: &Boss) -> Refusal {
    let kept: Vec<String> =
        boss.configurations().iter().map(|one| one.version.to_string()).collect();
    let message = format!("that version isn't kept; these are: {}", kept.join(", "));
    Refusal::new(Status::NotFound, message)
}

fn wrong(problems: Vec<Problem>) -> Refusal {
    let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
    let http = Status::Invalid.row().http;
    Refusal { status: Status::Invalid, http, message: problems.join("; "), problems }
}
