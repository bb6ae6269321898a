//! A record as rules look at it: by scenario, with the events of each call joined. Only a view;
//! nothing is judged here.

use std::collections::HashMap;

use sparring_journal::{
    Attribution, ConnectRefused, ContextChecked, DatasetDescribed, Entry, Event, HookFailed,
    NodeFinished, Phase, PipelineFinished, PlanDescribed, ProcessExited, RemoteResolved,
    RpcFinished, RpcRead, RpcReceived, RpcRefused, RunStarted, ScenarioStarted, ServerStarted,
};

use crate::{
    record::Record,
    scenario::{self, Runs, Scenario},
};

/// A finished run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Project and budgets.
    pub started: RunStarted,
    /// What was tried, in order.
    pub scenarios: Vec<ScenarioRun>,
}

/// One finished scenario.
#[derive(Debug, Clone)]
pub struct ScenarioRun {
    /// The row in the table of scenarios.
    pub scenario: &'static Scenario,
    /// Command, profiles and sandbox.
    pub started: ScenarioStarted,
    /// All events in order of time.
    pub events: Vec<Event>,
    /// All calls in the order in which they arrived.
    pub calls: Vec<Call>,
}

/// One RPC with all that is known of it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its headers.
    pub received: RpcReceived,
    /// Its envelope, when it was read.
    pub read: Option<RpcRead>,
    /// What it asks for, when that was understood.
    pub plan: Option<PlanDescribed>,
    /// Why it was refused, when it was.
    pub refused: Option<RpcRefused>,
    /// How it ended, when it did.
    pub finished: Option<RpcFinished>,
}

impl Call {
    /// What the client was doing, as far as the probe could tell.
    #[must_use]
    pub const fn attribution(&self) -> Option<&Attribution> {
        self.received.attribution.as_ref()
    }

    /// Rows and bytes that it brought to the client.
    #[must_use]
    pub fn down(&self) -> (u64, u64) {
        self.finished
            .as_ref()
            .map_or((0, 0), |finished| (finished.rows_down, finished.bytes_down))
    }
}

impl Run {
    /// Arranges a record. Scenarios that this version does not know are left out; a record that
    /// does not begin with a run has none at all.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let mut run = Self {
            started: RunStarted::default(),
            scenarios: Vec::new(),
        };
        let mut open: Option<ScenarioRun> = None;
        for Entry { event, .. } in record.entries() {
            match event {
                Event::RunStarted(started) => run.started = started.clone(),
                Event::ScenarioStarted(started) => {
                    run.scenarios.extend(open.take().map(ScenarioRun::joined));
                    open = scenario::named(&started.scenario).map(|scenario| ScenarioRun {
                        scenario,
                        started: started.clone(),
                        events: Vec::new(),
                        calls: Vec::new(),
                    });
                }
                Event::ScenarioFinished(_) => {
                    run.scenarios.extend(open.take().map(ScenarioRun::joined));
                }
                event => {
                    if let Some(scenario) = &mut open {
                        scenario.events.push(event.clone());
                    }
                }
            }
        }
        run.scenarios.extend(open.take().map(ScenarioRun::joined));
        run
    }

    /// Whether it is the project's hooks that make the connection, rather than its datasets.
    /// Scenarios without a pipeline tell something only about such projects.
    #[must_use]
    pub fn hooks_connect(&self) -> bool {
        self.pipelines()
            .flat_map(|scenario| &scenario.events)
            .any(|event| match event {
                Event::SessionCreated(session) => session.phase == Phase::Hook,
                Event::EnvironmentChanged(changed) => {
                    changed.variable == "SPARK_REMOTE" && changed.after.is_some()
                }
                _ => false,
            })
    }

    /// Scenarios that ran the pipeline or the user's command.
    pub fn pipelines(&self) -> impl Iterator<Item = &ScenarioRun> {
        self.scenarios
            .iter()
            .filter(|scenario| matches!(scenario.scenario.runs, Runs::Pipeline | Runs::Command))
    }
}

impl ScenarioRun {
    fn joined(mut self) -> Self {
        let mut index: HashMap<u64, usize> = HashMap::new();
        let mut calls: Vec<Call> = Vec::new();
        for event in &self.events {
            if let Event::RpcReceived(received) = event {
                index.insert(received.rpc, calls.len());
                calls.push(Call {
                    received: received.clone(),
                    read: None,
                    plan: None,
                    refused: None,
                    finished: None,
                });
            }
            let rpc = match event {
                Event::RpcRead(read) => read.rpc,
                Event::PlanDescribed(plan) => plan.rpc,
                Event::RpcRefused(refused) => refused.rpc,
                Event::RpcFinished(finished) => finished.rpc,
                _ => continue,
            };
            let Some(call) = index.get(&rpc).and_then(|at| calls.get_mut(*at)) else {
                continue;
            };
            match event {
                Event::RpcRead(read) => call.read = Some(read.clone()),
                Event::PlanDescribed(plan) => call.plan = Some(plan.clone()),
                Event::RpcRefused(refused) => call.refused = Some(refused.clone()),
                Event::RpcFinished(finished) => call.finished = Some(finished.clone()),
                _ => {}
            }
        }
        self.calls = calls;
        self
    }

    /// Events of one kind.
    pub fn all<'a, T: 'a>(
        &'a self,
        pick: impl Fn(&'a Event) -> Option<&'a T> + 'a,
    ) -> impl Iterator<Item = &'a T> + 'a {
        self.events.iter().filter_map(pick)
    }

    /// Addresses that the client resolved.
    pub fn remotes(&self) -> impl Iterator<Item = &RemoteResolved> {
        self.all(|event| match event {
            Event::RemoteResolved(remote) => Some(remote),
            _ => None,
        })
    }

    /// Hosts that the proxy refused.
    pub fn refused_hosts(&self) -> impl Iterator<Item = &ConnectRefused> {
        self.all(|event| match event {
            Event::ConnectRefused(refused) => Some(refused),
            _ => None,
        })
    }

    /// Hooks that raised.
    pub fn failed_hooks(&self) -> impl Iterator<Item = &HookFailed> {
        self.all(|event| match event {
            Event::HookFailed(failed) => Some(failed),
            _ => None,
        })
    }

    /// Datasets of the pipeline.
    pub fn datasets(&self) -> impl Iterator<Item = &DatasetDescribed> {
        self.all(|event| match event {
            Event::DatasetDescribed(dataset) => Some(dataset),
            _ => None,
        })
    }

    /// Nodes that ended, in order.
    pub fn finished_nodes(&self) -> impl Iterator<Item = &NodeFinished> {
        self.all(|event| match event {
            Event::NodeFinished(node) => Some(node),
            _ => None,
        })
    }

    /// How the context check ended, in scenarios without a pipeline.
    #[must_use]
    pub fn context(&self) -> Option<&ContextChecked> {
        self.all(|event| match event {
            Event::ContextChecked(context) => Some(context),
            _ => None,
        })
        .last()
    }

    /// How the pipeline ended.
    #[must_use]
    pub fn pipeline(&self) -> Option<&PipelineFinished> {
        self.all(|event| match event {
            Event::PipelineFinished(pipeline) => Some(pipeline),
            _ => None,
        })
        .last()
    }

    /// How the process ended.
    #[must_use]
    pub fn exited(&self) -> Option<&ProcessExited> {
        self.all(|event| match event {
            Event::ProcessExited(exited) => Some(exited),
            _ => None,
        })
        .last()
    }

    /// What the workspace said of itself.
    #[must_use]
    pub fn server(&self) -> Option<&ServerStarted> {
        self.all(|event| match event {
            Event::ServerStarted(server) => Some(server),
            _ => None,
        })
        .next()
    }

    /// Whether the process ended well.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.exited()
            .is_some_and(|exited| exited.code == Some(0) && exited.stopped.is_none())
    }
}
