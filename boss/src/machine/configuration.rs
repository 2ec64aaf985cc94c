//! The cluster configuration as it comes from an operator: checked once, all problems at once.

use proto::class::ClusterConfig;

/// A document of this size lists thousands of classes.
pub const TOML_BYTES_MAX: usize = 1024 * 1024;

/// A text that is a cluster configuration without problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration(String);

impl Configuration {
    /// Checks a text.
    ///
    /// # Errors
    /// All that is wrong with it, each a sentence.
    pub fn parse(toml: &str) -> Result<Configuration, Vec<String>> {
        if toml.len() > TOML_BYTES_MAX {
            return Err(vec![format!("the configuration is longer than {TOML_BYTES_MAX} bytes")]);
        }
        let config: ClusterConfig =
            toml::from_str(toml).map_err(|error| vec![error.to_string().trim_end().to_owned()])?;
        let problems = config.problems();
        if problems.is_empty() { Ok(Configuration(toml.to_owned())) } else { Err(problems) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What tells one text from another: XXH3-64 of it.
    pub fn fingerprint(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(self.0.as_bytes())
    }
}

#[cfg(test)]
mod tests;
