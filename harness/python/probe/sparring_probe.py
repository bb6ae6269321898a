"""Kedro plugin that writes down what a run does, for `sparring` to judge afterwards.

It observes and never takes part: it prints nothing, changes no argument and no result, swallows
its own errors, and imports PySpark only after the project did. It is found through PYTHONPATH by
the entry points in the folder beside it, so nothing is installed and no project file changes.

Two things leave it: events, one JSON line each, in the file that SPARRING_PROBE_FILE names (the
line format is that of the crate `sparring-journal`), and the header `x-sparring-context` on every
call to Spark Connect, which tells what the process was doing. A header is used because it works
for every call of every client generation; operation tags exist from 3.5 on, in one call only,
and are lost when another thread saves.

One file on purpose: whatever lies on PYTHONPATH could hide a module of the project's.

Runs with Python 3.8 and newer, Kedro 0.18.14 to 1.x, PySpark 3.4 to 4.x.
"""

from __future__ import annotations

import functools
import glob
import importlib.abc
import importlib.metadata
import importlib.util
import inspect
import json
import os
import platform
import re
import sys
import threading
import time
import urllib.parse

EVENTS_FILE = os.environ.get("SPARRING_PROBE_FILE")
PROJECT_DIR = os.path.realpath(os.environ.get("SPARRING_PROJECT_DIR") or os.getcwd())
HEADER = "x-sparring-context"
WATCHED_VARIABLES = (
    "SPARK_REMOTE",
    "SPARK_HOME",
    "DATABRICKS_CONFIG_FILE",
    "DATABRICKS_CONFIG_PROFILE",
    "DATABRICKS_HOST",
    "DATABRICKS_TOKEN",
    "DATABRICKS_CLUSTER_ID",
)
# Error conditions that PySpark raises for what needs a JVM in the same process.
JVM_CONDITIONS = (
    "JVM_ATTRIBUTE_NOT_SUPPORTED",
    "CANNOT_CONFIGURE_SPARK_CONNECT_MASTER",
)
JVM_FEATURES = ("rdd", "sparkcontext", "setcheckpointdir", "_jvm", "_jsparksession", "_jdf")

# Functions between a project's call and the method it called: decorators and descriptors.
GENERIC_NAMES = ("wrapped", "wrapper", "inner", "__get__", "<lambda>")

# Set by sparring_context: a client that is refused would otherwise try again for ten minutes.
without_retries = False


def quiet(function):
    """A probe that fails must not fail the run."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except Exception:  # noqa: BLE001
            return None

    return wrapper


# --- Events -------------------------------------------------------------------------------------

_sequence = 0
_write_lock = threading.Lock()


@quiet
def emit(kind, **fields):
    """Appends one event. Fields that are None are left out."""
    global _sequence
    if not EVENTS_FILE:
        return
    event = {"kind": kind}
    event.update((name, value) for name, value in fields.items() if value is not None)
    with _write_lock:
        _sequence += 1
        entry = {"v": 1, "seq": _sequence, "at_ms": int(time.time() * 1000), "event": event}
        line = (json.dumps(entry) + "\n").encode()
        # One write in append mode, so that lines of several processes do not mix.
        file = os.open(EVENTS_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)


def read_tokens():
    """Profile name by token, from the sandbox's `.databrickscfg`."""
    path = os.environ.get("DATABRICKS_CONFIG_FILE") or os.path.expanduser("~/.databrickscfg")
    tokens, section = {}, ""
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                heading = re.match(r"\s*\[(.+)\]", line)
                setting = re.match(r"\s*token\s*=\s*(\S+)", line)
                if heading:
                    section = heading.group(1)
                elif setting:
                    tokens[setting.group(1)] = section
    except OSError:
        pass
    return tokens


TOKENS = read_tokens()


def redact(text):
    """Text without tokens."""
    if text is None:
        return None
    text = str(text)
    for token, profile in TOKENS.items():
        text = text.replace(token, f"<token of {profile}>")
    return re.sub(r"(token=)(?!<token)[^;\s'\"]+", r"\1<token>", text)


# --- Where in the project -----------------------------------------------------------------------


@functools.lru_cache(maxsize=4096)
def project_path(filename):
    """The path relative to the project, or None for files that are not the project's own."""
    if filename.startswith("<"):  # `<frozen runpy>`, `<string>`: no file at all
        return None
    path = os.path.realpath(filename)
    if not path.startswith(PROJECT_DIR + os.sep):
        return None
    if "site-packages" in path or os.sep + ".venv" + os.sep in path:
        return None
    return os.path.relpath(path, PROJECT_DIR)


def site_of_stack():
    """The innermost frame of the project, and the name of the function that it called."""
    called, frame = None, sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        path = project_path(code.co_filename)
        if path is not None:
            return site(path, frame.f_lineno, code.co_name), called
        if code.co_name not in GENERIC_NAMES:
            called = code.co_name
        frame = frame.f_back
    return None, None


def site_of_error(error):
    """The innermost frame of the project in a traceback."""
    found, traceback = None, error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        path = project_path(code.co_filename)
        if path is not None:
            found = site(path, traceback.tb_lineno, code.co_name)
        traceback = traceback.tb_next
    return found


def site(path, line, function=None):
    answer = {"file": path, "line": line}
    if function and function != "<module>":
        answer["function"] = function
    return answer


# --- What the process is doing ------------------------------------------------------------------


class State(threading.local):
    """What this thread is doing. Threads that were never told anything have no phase."""

    phase = None
    node = None
    dataset = None
    hook = None


state = State()
process_phase = "import"
active_nodes = []
producers = {}
consumers = {}


class doing:
    """Sets parts of the thread's state for the length of a `with` block."""

    def __init__(self, **parts):
        self.parts = parts

    def __enter__(self):
        self.before = {name: getattr(state, name) for name in self.parts}
        for name, value in self.parts.items():
            setattr(state, name, value)

    def __exit__(self, *_):
        for name, value in self.before.items():
            setattr(state, name, value)


def current():
    """Phase, node, dataset and hook of the calling thread."""
    if state.phase is not None:
        return state.phase, state.node, state.dataset, state.hook
    # A thread of the project's own inside a node: right when only one node is running.
    if len(active_nodes) == 1:
        return "node", active_nodes[0], None, None
    return process_phase, None, None, None


@quiet
def header_value():
    phase, node, dataset, hook = current()
    place, called = site_of_stack()
    parts = {"phase": phase, "node": node, "dataset": dataset, "hook": hook, "call": called}
    if place:
        parts.update(place)
    encode = functools.partial(urllib.parse.quote, safe="/:.,-_@<>()")
    return ";".join(
        f"{name}={encode(str(value))}" for name, value in parts.items() if value is not None
    )


# --- PySpark, patched when the project imports it -----------------------------------------------


class Channel:
    """A channel whose calls carry the header. Everything else is the channel's own."""

    def __init__(self, channel):
        self._sparring_channel = channel

    def __getattr__(self, name):
        attribute = getattr(self._sparring_channel, name)
        if name not in ("unary_unary", "unary_stream", "stream_unary", "stream_stream"):
            return attribute

        @functools.wraps(attribute)
        def with_header(*args, **kwargs):
            return Call(attribute(*args, **kwargs))

        return with_header


class Call:
    """A callable of a stub that adds the header to the metadata."""

    def __init__(self, call):
        self._sparring_call = call

    def __call__(self, *args, **kwargs):
        return self._sparring_call(*args, **with_metadata(kwargs))

    def __getattr__(self, name):
        attribute = getattr(self._sparring_call, name)
        if name not in ("future", "with_call"):
            return attribute
        return lambda *args, **kwargs: attribute(*args, **with_metadata(kwargs))


def with_metadata(kwargs):
    value = header_value()
    if value is None:
        return kwargs
    metadata = list(kwargs.get("metadata") or ())
    return dict(kwargs, metadata=metadata + [(HEADER, value)])


def patch_stub(module):
    stub = module.SparkConnectServiceStub
    original = stub.__init__

    @functools.wraps(original)
    def init(self, channel):
        original(self, Channel(channel))

    stub.__init__ = init


def patch_client(module):
    for name in ("DefaultChannelBuilder", "ChannelBuilder"):
        builder = getattr(module, name, None)
        # 3.x has one builder, 4.x a base class that does not know the url.
        if builder is not None and "url" in inspect.signature(builder.__init__).parameters:
            patch_builder(builder)
    client = getattr(module, "SparkConnectClient", None)
    if client is not None:
        patch_connect_session(client)


def patch_builder(builder):
    original = builder.__init__

    @functools.wraps(original)
    def init(self, url, *args, **kwargs):
        try:
            original(self, url, *args, **kwargs)
        except Exception as error:
            remote_failed(url, error)
            raise
        remote_resolved(self, url)

    builder.__init__ = init


@quiet
def remote_failed(url, error):
    place, _ = site_of_stack()
    emit(
        "remote_resolved",
        url_redacted=redact(url),
        has_token="token=" in str(url),
        error=redact(f"{type(error).__name__}: {error}"),
        site=place,
    )


@quiet
def remote_resolved(builder, url):
    host, _, port = builder.endpoint.rpartition(":")
    token = getattr(builder, "token", None) or getattr(builder, "_token", None)
    headers = dict(builder.metadata())
    place, _ = site_of_stack()
    emit(
        "remote_resolved",
        url_redacted=redact(url),
        host=host.strip("[]"),
        port=int(port),
        tls=bool(builder.secure),
        has_token=token is not None,
        profile=TOKENS.get(token),
        cluster_id=headers.get("x-databricks-cluster-id"),
        site=place,
    )


def patch_connect_session(client):
    original = client.__init__

    @functools.wraps(original)
    def init(self, *args, **kwargs):
        original(self, *args, **kwargs)
        if without_retries:
            stop_retrying(self)
        session_created("connect", getattr(self, "_session_id", None))

    client.__init__ = init


@quiet
def stop_retrying(client):
    if hasattr(client, "set_retry_policies"):
        client.set_retry_policies([])
    elif isinstance(getattr(client, "_retry_policy", None), dict):
        client._retry_policy = dict(client._retry_policy, max_retries=0)


def patch_classic_session(module):
    context = getattr(module, "SparkContext", None)
    if context is None:
        return
    original = context.__init__

    @functools.wraps(original)
    def init(self, *args, **kwargs):
        original(self, *args, **kwargs)
        session_created("classic", None)

    context.__init__ = init


@quiet
def session_created(kind, session_id):
    place, _ = site_of_stack()
    emit("session_created", session=kind, session_id=session_id, phase=current()[0], site=place)


def patch_errors(module):
    base = module.PySparkException
    original = base.__init__

    @functools.wraps(original)
    def init(self, *args, **kwargs):
        original(self, *args, **kwargs)
        error_made(self, args, kwargs)

    base.__init__ = init


@quiet
def error_made(error, args, kwargs):
    condition = kwargs.get("errorClass") or kwargs.get("error_class") or (args + (None, None))[1]
    parameters = kwargs.get("messageParameters") or kwargs.get("message_parameters") or {}
    attribute = parameters.get("attr_name")
    if condition == "CANNOT_CONFIGURE_SPARK_CONNECT_MASTER":
        attribute = ".master()"
    elif condition == "NOT_IMPLEMENTED":
        feature = str(parameters.get("feature", ""))
        if not feature.lower().startswith(JVM_FEATURES):
            return
        attribute = feature
    elif condition not in JVM_CONDITIONS:
        return
    jvm_api_used(
        (attribute or "the JVM").replace("()", "") if attribute != ".master()" else attribute,
        site_of_stack()[0],
    )


_jvm_sites = set()


def jvm_api_used(attribute, place):
    # Libraries ask with hasattr whether there is a JVM; only the project's own use counts.
    if place is None or (attribute, place["file"], place["line"]) in _jvm_sites:
        return
    _jvm_sites.add((attribute, place["file"], place["line"]))
    emit("jvm_api_used", attribute=attribute, node=current()[1], site=place)


@quiet
def jvm_api_in(error):
    """PySpark 3.4 raises plain errors for what needs a JVM."""
    if isinstance(error, (NotImplementedError, AttributeError, RuntimeError)):
        found = re.search(r"\b(sparkContext|_jvm|_jsparkSession|_jdf|rdd)\b", str(error))
        if found:
            jvm_api_used(found.group(1), site_of_error(error))


PATCHES = {
    "pyspark.sql.connect.proto.base_pb2_grpc": patch_stub,
    "pyspark.sql.connect.client": patch_client,  # 3.4
    "pyspark.sql.connect.client.core": patch_client,  # 3.5 and later
    "pyspark.context": patch_classic_session,  # 3.x
    "pyspark.core.context": patch_classic_session,  # 4.x
    "pyspark.errors.exceptions.base": patch_errors,
}


class Patcher(importlib.abc.MetaPathFinder):
    """Patches a module right after it was loaded by whoever loads it."""

    def __init__(self):
        self.busy = threading.local()

    def find_spec(self, name, path=None, target=None):
        patch = PATCHES.get(name)
        if patch is None or getattr(self.busy, "name", None) == name:
            return None
        self.busy.name = name
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            return None
        finally:
            self.busy.name = None
        if spec is None or spec.loader is None:
            return None
        original = spec.loader.exec_module

        def exec_module(module):
            original(module)
            apply(patch, module)

        try:
            spec.loader.exec_module = exec_module
        except AttributeError:
            return None
        return spec


_patched = set()


@quiet
def apply(patch, module):
    # 3.5 re-exports the classes of `client.core` from `client`.
    targets = [
        getattr(module, name, None) for name in ("SparkConnectClient", "SparkConnectServiceStub")
    ]
    key = next((target for target in targets if target is not None), module)
    if id(key) not in _patched:
        _patched.add(id(key))
        patch(module)


_installed = False


@quiet
def install():
    """Begins to observe. Called by Kedro's command line before it reads the project."""
    global _installed
    if _installed or not EVENTS_FILE:
        return
    _installed = True
    for name, patch in PATCHES.items():
        if name in sys.modules:
            apply(patch, sys.modules[name])
    sys.meta_path.insert(0, Patcher())
    emit(
        "probe_started",
        pid=os.getpid(),
        python=platform.python_version(),
        kedro=version_of("kedro"),
        pyspark=version_of("pyspark") or version_of("pyspark-client"),
    )


def version_of(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


# --- The environment ----------------------------------------------------------------------------


def watched_variables():
    return {name: os.environ.get(name) for name in WATCHED_VARIABLES}


_variables = watched_variables()


@quiet
def audit_environment(hook):
    global _variables
    now = watched_variables()
    for name in WATCHED_VARIABLES:
        if now[name] != _variables[name]:
            before, after = redact(_variables[name]), redact(now[name])
            emit("environment_changed", variable=name, before=before, after=after, hook=hook)
    _variables = now


# --- The catalog --------------------------------------------------------------------------------


@quiet
def watch_catalog(catalog):
    """Wraps load, save and exists where the catalog's classes define them.

    With `--async` Kedro calls `before_dataset_saved` in the node's thread and saves in another;
    the catalog's own methods are what runs in the thread that does the work.
    """
    for owner in type(catalog).__mro__:
        for operation in ("load", "save", "exists"):
            method = owner.__dict__.get(operation)
            if callable(method) and not hasattr(method, "_sparring"):
                setattr(owner, operation, watched_operation(method, operation))


def watched_operation(method, operation):
    @functools.wraps(method)
    def wrapper(self, *args, **kwargs):
        name = args[0] if args else kwargs.get("ds_name", kwargs.get("name"))
        if not isinstance(name, str) or (state.phase, state.dataset) == (operation, name):
            return method(self, *args, **kwargs)
        node = node_of(name, operation)
        start(operation, name, node)
        error, began = None, time.monotonic()
        with doing(phase=operation, dataset=name, node=node, hook=None):
            try:
                return method(self, *args, **kwargs)
            except Exception as raised:
                error = raised
                raise
            finally:
                finish(operation, name, node, began, error)

    wrapper._sparring = True
    return wrapper


def node_of(dataset, operation):
    """The node that a dataset is loaded or saved for."""
    if operation == "save" and dataset in producers:
        return producers[dataset]
    if state.dataset == dataset and state.node is not None:
        return state.node
    users = consumers.get(dataset, ())
    return users[0] if len(users) == 1 else state.node


@quiet
def start(operation, dataset, node):
    thread = threading.current_thread().name
    emit("dataset_started", dataset=dataset, operation=operation, node=node, thread=thread)


@quiet
def finish(operation, dataset, node, began, error):
    emit(
        "dataset_finished",
        dataset=dataset,
        operation=operation,
        node=node,
        seconds=round(time.monotonic() - began, 6),
        error=type(error).__name__ if error else None,
    )


@quiet
def describe_datasets(pipeline, catalog):
    for names in ("datasets", "data_sets"):
        if hasattr(pipeline, names):
            for name in sorted(getattr(pipeline, names)()):
                describe_dataset(name, catalog)
            return


@quiet
def describe_dataset(name, catalog):
    # Nothing is materialised here: some datasets open a session when they are made.
    config, pattern = configuration_of(name, catalog)
    dataset_type = config.get("type", "kedro.io.MemoryDataset")
    if isinstance(dataset_type, type):
        dataset_type = f"{dataset_type.__module__}.{dataset_type.__qualname__}"
    emit(
        "dataset_described",
        dataset=name,
        type=str(dataset_type),
        location=redact(location_of(config)),
        dataframe_type=config.get("dataframe_type"),
        parameter=name == "parameters" or name.startswith("params:"),
        used=True,
        site=site_in_catalog(pattern or name),
    )


def configuration_of(name, catalog):
    """A dataset's configuration and the catalog entry that it comes from."""
    resolver = getattr(catalog, "config_resolver", None) or getattr(
        catalog, "_config_resolver", None
    )
    resolved = getattr(resolver, "_resolved_configs", None) or {}
    lazy = (getattr(catalog, "_lazy_datasets", None) or {}).get(name)
    if name in resolved:
        return dict(resolved[name]), None
    if lazy is not None:
        return dict(lazy.config), None
    for datasets in ("_datasets", "_data_sets"):
        made = (getattr(catalog, datasets, None) or {}).get(name)
        if made is not None:
            return configuration_of_instance(made), None
    for owner, match, resolve in (
        (resolver, "match_dataset_pattern", "_get_pattern_config"),
        (resolver, "match_user_catch_all_pattern", "_get_pattern_config"),
        (resolver, "match_pattern", "_get_pattern_config"),
    ):
        pattern = getattr(owner, match)(name) if hasattr(owner, match) else None
        if pattern:
            config = getattr(owner, resolve)(pattern)
            return fill_pattern(dict(config), pattern, name), pattern
    if hasattr(catalog, "_match_pattern"):  # 0.18 and early 0.19
        patterns = getattr(catalog, "_dataset_patterns", None) or {}
        pattern = catalog._match_pattern(patterns, name)
        if pattern:
            return fill_pattern(dict(patterns[pattern]), pattern, name), pattern
    return {}, None


def fill_pattern(config, pattern, name):
    """Puts the parts of a name into the texts of a factory pattern."""
    import parse  # Kedro matches patterns with it.

    found = parse.parse(pattern, name)
    parts = found.named if found else {}
    return {
        key: value.format_map(parts) if isinstance(value, str) and parts else value
        for key, value in config.items()
    }


def configuration_of_instance(dataset):
    """What an instance tells of itself, in the words of a catalog entry."""
    kind = type(dataset)
    config = {"type": f"{kind.__module__}.{kind.__qualname__}"}
    path = getattr(dataset, "_filepath", None) or getattr(dataset, "_path", None)
    if path is not None:
        protocol = getattr(dataset, "_protocol", None) or getattr(dataset, "_fs_prefix", None) or ""
        prefix = "" if protocol in ("", "file", "file://") else protocol.rstrip(":/") + "://"
        config["filepath"] = prefix + str(path)
    table = getattr(dataset, "_table", None)
    if isinstance(table, str):
        config["table"] = table
    elif table is not None:
        for part in ("catalog", "database", "table", "dataframe_type"):
            config[part] = getattr(table, part, None)
    return config


def location_of(config):
    path = config.get("filepath") or config.get("path")
    if path:
        return str(path)
    if config.get("table"):
        database = config.get("database") or config.get("schema")
        parts = (config.get("catalog"), database, config["table"])
        return ".".join(str(part) for part in parts if part)
    inner = config.get("dataset")
    return location_of(inner) if isinstance(inner, dict) else None


@functools.lru_cache(maxsize=1)
def catalog_lines():
    """Where each entry of the project's catalog files begins."""
    lines = {}
    for path in sorted(
        glob.glob(os.path.join(PROJECT_DIR, "conf", "**", "*.y*ml"), recursive=True)
    ):
        if "catalog" not in os.path.relpath(path, PROJECT_DIR):
            continue
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                found = re.match(r"""(['"]?)([^\s#'"].*?)\1\s*:""", line)
                if found:
                    lines.setdefault(found.group(2), (os.path.relpath(path, PROJECT_DIR), number))
    return lines


def site_in_catalog(name):
    found = catalog_lines().get(name)
    return site(*found) if found else None


# --- Kedro's hooks ------------------------------------------------------------------------------


# Hook points of nodes and datasets have events of their own.
TIMELINE = (
    "after_context_created",
    "after_catalog_created",
    "before_pipeline_run",
    "after_pipeline_run",
    "on_pipeline_error",
)


def bracket(name, before=None, after=None):
    """A hook that brackets all others of its point.

    The old style of wrapper is used because it is in every pluggy that Kedro 0.18 to 1.x allows.
    """

    def decorate(function):
        @functools.wraps(function)
        def wrapper(self, *args):
            arguments = dict(zip(names, args))
            if name in TIMELINE:
                thread = threading.current_thread().name
                emit("hook_called", hook=name, pid=os.getpid(), thread=thread)
            if before:
                quiet(before)(**arguments)
            with doing(phase="hook", hook=name):
                outcome = yield
            audit_environment(name)
            hook_failed(name, outcome)
            if after:
                quiet(after)(**arguments)

        names = list(inspect.signature(function).parameters)[1:]
        wrapper.__signature__ = inspect.signature(function)
        return hook_impl(hookwrapper=True)(wrapper)

    return decorate


@quiet
def hook_failed(name, outcome):
    information = getattr(outcome, "excinfo", None) or getattr(outcome, "_excinfo", None)
    if not information:
        return
    error = information[1]
    jvm_api_in(error)
    emit(
        "hook_failed",
        hook=name,
        error=type(error).__name__,
        message=redact(error),
        site=site_of_error(error),
    )


def context_created(context):
    global process_phase
    process_phase = "catalog"


def catalog_created(catalog):
    global process_phase
    process_phase = "pipeline"
    watch_catalog(catalog)


def pipeline_begins(run_params, pipeline, catalog):
    watch_catalog(catalog)
    producers.clear()
    consumers.clear()
    for node in pipeline.nodes:
        for dataset in node.outputs:
            producers[dataset] = node.name
        for dataset in node.inputs:
            consumers.setdefault(dataset, []).append(node.name)
    describe_datasets(pipeline, catalog)


def pipeline_ends(run_params, error=None):
    global process_phase
    process_phase = "exit"
    state.phase = state.node = state.dataset = state.hook = None
    del active_nodes[:]
    names = run_params.get("pipeline_names") or [run_params.get("pipeline_name") or "__default__"]
    if error is not None:
        jvm_api_in(error)
    emit(
        "pipeline_finished",
        pipeline=",".join(str(name) for name in names),
        error=type(error).__name__ if error is not None else None,
        message=redact(error),
    )


_node_began = {}


def node_begins(node):
    emit("node_started", node=node.name, pid=os.getpid(), thread=threading.current_thread().name)
    active_nodes.append(node.name)
    _node_began[node.name] = time.monotonic()
    state.phase, state.node, state.dataset, state.hook = "node", node.name, None, None


def node_ends(node, error=None):
    state.phase = "pipeline"
    if node.name in active_nodes:
        active_nodes.remove(node.name)
    if error is not None:
        jvm_api_in(error)
    emit(
        "node_finished",
        node=node.name,
        seconds=round(time.monotonic() - _node_began.pop(node.name, time.monotonic()), 6),
        error=type(error).__name__ if error is not None else None,
        message=redact(error),
        site=site_of_error(error) if error is not None else None,
    )


def load_begins(dataset_name, node):
    state.phase, state.node, state.dataset = "pipeline", node.name, dataset_name


def load_ends(dataset_name, node):
    state.phase, state.node, state.dataset = "pipeline", node.name, None


def save_begins(dataset_name, node):
    state.phase, state.node, state.dataset = "pipeline", node.name, None


try:
    from kedro.framework.hooks import hook_impl
except ImportError:  # A command that is not Kedro's.
    hooks = None
else:

    class Hooks:
        """What Kedro calls. Each method brackets the project's own hooks of the same point."""

        @bracket("after_context_created", after=context_created)
        def after_context_created(self, context): ...

        @bracket("after_catalog_created", after=catalog_created)
        def after_catalog_created(self, catalog): ...

        @bracket("before_pipeline_run", before=pipeline_begins)
        def before_pipeline_run(self, run_params, pipeline, catalog): ...

        @bracket("before_dataset_loaded", after=load_begins)
        def before_dataset_loaded(self, dataset_name, node): ...

        @bracket("after_dataset_loaded", after=load_ends)
        def after_dataset_loaded(self, dataset_name, node): ...

        @bracket("before_node_run", after=node_begins)
        def before_node_run(self, node): ...

        @bracket("after_node_run", before=node_ends)
        def after_node_run(self, node): ...

        @bracket("on_node_error", before=node_ends)
        def on_node_error(self, error, node): ...

        @bracket("before_dataset_saved", after=save_begins)
        def before_dataset_saved(self, dataset_name, node): ...

        @bracket("after_dataset_saved", after=load_ends)
        def after_dataset_saved(self, dataset_name, node): ...

        @bracket("after_pipeline_run", after=pipeline_ends)
        def after_pipeline_run(self, run_params): ...

        @bracket("on_pipeline_error", after=pipeline_ends)
        def on_pipeline_error(self, error, run_params): ...

    hooks = Hooks()
    install()
