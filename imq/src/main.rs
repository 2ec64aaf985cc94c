//! The one binary: parse, configure, run, drain. It wires the roles and decides nothing.

mod cli;
mod client;
mod config;
mod ctl;
mod dev;
mod doctor;
mod exit;
mod health;
mod load;
mod logging;
mod pages;
mod roles;
mod show;
mod shutdown;
mod supervisor;
mod token;
mod top;
mod trace;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};
use show::Unprinted;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // For all that speaks TLS and isn't told which one to use.
    rustls::crypto::ring::default_provider().install_default().ok();
    let words: Vec<_> = std::env::args_os().collect();
    if let Err(error) = config::secrets::refuse_on_command_line(&words) {
        eprintln!("imq: {error:#}");
        return ExitCode::from(exit::NOT_REACHED);
    }
    let cli = Cli::parse_from(words);
    let logged = logging::begin(cli.log.as_deref(), cli.log_format);
    let done = logged.and_then(|()| match cli.command {
        Command::Dev(options) => dev::run(&options),
        Command::Boss(options) => roles::boss(options),
        Command::QueueNode(options) => roles::queue_node(options),
        Command::Gateway(options) => roles::gateway(*options),
        Command::Sub(options) => client::sub(&options),
        Command::Tail(options) => client::tail(&options),
        Command::Pub(options) => client::publish(&options),
        Command::Set(options) => client::set(&options),
        Command::Get(options) => client::get(&options),
        Command::Token(options) => token::run(&options),
        Command::Loadtest(plan) => load::plan(&plan),
        Command::Compare(options) => load::compare(&options),
        Command::Ctl(question) => ctl::run(&question),
        Command::Top(options) => top::run(&options),
        Command::Trace(options) => trace::run(&options),
        Command::Doctor(options) => doctor::run(&options),
        Command::Health(options) => health::run(&options),
        Command::CheckConfig(options) => config::check(&options),
        Command::Completions(options) => pages::completions(&options),
        Command::Man(options) => pages::man(&options),
    });
    match done {
        Ok(code) => code,
        Err(error) if error.downcast_ref().is_some_and(Unprinted::is_enough) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("imq: {error:#}");
            ExitCode::FAILURE
        }
    }
}
