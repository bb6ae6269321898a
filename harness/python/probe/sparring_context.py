"""Builds a Kedro project's context, so that its hooks run, and asks the workspace once.

Run by `sparring` as `python -m sparring_context` in the project's folder for scenarios that are
about the connection only: no pipeline, no catalog, no data. The question is `spark.version`, the
smallest there is. Inside Databricks nothing is asked, because nothing should be connected.
"""

import argparse
import os
import sys
import traceback
from pathlib import Path

import sparring_probe


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--env")
    options = parser.parse_args()
    sparring_probe.without_retries = True
    sparring_probe.install()
    try:
        build_context(options.env)
        connected = found_something()
        version = None
        if connected and "DATABRICKS_RUNTIME_VERSION" not in os.environ:
            version = ask_version()
    except Exception as error:  # noqa: BLE001
        sparring_probe.jvm_api_in(error)
        report(found_something(), None, error)
        traceback.print_exc()
        return 1
    report(connected, version, None)
    return 0


def build_context(env):
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    project = Path.cwd()
    bootstrap_project(project)
    with KedroSession.create(project_path=project, env=env) as session:
        session.load_context()


def found_something():
    """Whether the hooks left an address or a session."""
    return bool(os.environ.get("SPARK_REMOTE", "").strip()) or left_session() is not None


def left_session():
    """The session that the hooks made, if they made one."""
    module = sys.modules.get("pyspark.sql.connect.session")
    session = getattr(module, "SparkSession", None)
    return getattr(session, "_default_session", None)


def ask_version():
    from pyspark.sql import SparkSession

    # A builder without an address finds no session that was made with one.
    session = left_session() or SparkSession.builder.getOrCreate()
    return session.version


def report(connected, version, error):
    sparring_probe.emit(
        "context_checked",
        connected_to_something=connected,
        spark_version=version,
        error=type(error).__name__ if error is not None else None,
        message=sparring_probe.redact(error) if error is not None else None,
    )


if __name__ == "__main__":
    sys.exit(main())
