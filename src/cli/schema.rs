//! `vmcoroner schema`: the JSON Schemas, made from the models themselves.

use super::exit::Failure;
use super::output::{self, Target};
use crate::report::{json, model};
use crate::rules::RuleFile;
use clap::{Args, ValueEnum};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

/// What `schema` takes.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Which schema
    #[arg(value_enum, value_name = "WHAT")]
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The report in JSON
    Report,
    /// A rule file (TOML; convert it to JSON to validate it)
    Rule,
}

/// Runs the command.
pub(crate) fn run(args: &SchemaArgs) -> Result<u8, Failure> {
    let schema = match args.what {
        What::Report => {
            // What is written holds every field; `null` means that it is not known.
            let settings = SchemaSettings::draft2020_12().for_serialize();
            titled::<model::Report>(settings, model::SCHEMA, "vmcoroner report")
        }
        What::Rule => {
            titled::<RuleFile>(SchemaSettings::draft2020_12(), "vmcoroner.rules/1", "vmcoroner rule file")
        }
    };
    output::data(&Target::Stdout, |out| json::write(&schema, out))?;
    Ok(super::exit::OK)
}

fn titled<T: JsonSchema>(settings: SchemaSettings, id: &str, title: &str) -> Schema {
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), id.into());
    schema.insert("title".to_owned(), title.into());
    schema
}
