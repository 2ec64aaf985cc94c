//! What was looked at, and what to do about it.

use serde::Serialize;

use crate::show::{self, BAD, DIM, GOOD, HEAD, WARN, styled};

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Ok,
    /// It works, but not under load, or not for long.
    Warn,
    /// It can't work so.
    Fail,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
    pub(super) said: String,
    /// What to do; nothing if it is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, said: impl Into<String>) -> Finding {
        Finding { check, verdict: Verdict::Ok, said: said.into(), advice: None }
    }

    pub(super) fn warn(
        check: &'static str,
        said: impl Into<String>,
        advice: impl Into<String>,
    ) -> Finding {
        let advice = Some(advice.into());
        Finding { check, verdict: Verdict::Warn, said: said.into(), advice }
    }

    pub(super) fn fail(
        check: &'static str,
        said: impl Into<String>,
        advice: impl Into<String>,
    ) -> Finding {
        let advice = Some(advice.into());
        Finding { check, verdict: Verdict::Fail, said: said.into(), advice }
    }

    /// A line, and one more with what to do.
    pub(super) fn text(&self) -> String {
        let verdict = match self.verdict {
            Verdict::Ok => styled("OK  ", GOOD),
            Verdict::Warn => styled("WARN", WARN),
            Verdict::Fail => styled("FAIL", BAD),
        };
        let check = styled(&format!("{:<13}", self.check), HEAD);
        let mut text = format!("{verdict} {check} {}\n", show::safe(&self.said));
        if let Some(advice) = &self.advice {
            text += &format!("{:18} {}\n", "", styled(&format!("→ {}", show::safe(advice)), DIM));
        }
        text
    }
}
