"""The table of what is measured, and the bar that each figure has to reach."""

import dataclasses

from harness.contenders import Contender, SqliteAlone


@dataclasses.dataclass(frozen=True)
class Bar:
    """`metric` of `of`, divided by that of `against` when there is one, must be over or under the limit. Without a
    limit it is said and not judged."""

    of: str
    metric: str
    against: str = ""
    at_least: float | None = None
    at_most: float | None = None

    def met_by(self, value):
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is None or value <= self.at_most

    def text(self):
        if self.at_least is None and self.at_most is None:
            return "none"
        sign, limit = (">=", self.at_least) if self.at_least is not None else ("<=", self.at_most)
        return f"{sign} {limit:g}"


@dataclasses.dataclass(frozen=True)
class Row:
    key: str
    title: str
    contenders: dict
    bars: tuple = ()
    metric: str = "per_cpu_second"  # What the plots and the table show.
    unit: str = "deliveries per server CPU second"
    quick: bool = True  # Whether --quick measures it.


def fanout(connections, publishers=1, in_flight=1, **more):
    flags = ("--connections", connections, "--publishers", publishers, "--in-flight", in_flight)
    return lambda kind, **extra: Contender(kind, "fanout", flags, **{**more, **extra})


def fanout_row(key, title, make, bars, peers, **more):
    contenders = {"ours": make("ours")}
    for kind in peers:
        contenders[kind] = make(kind)
    return Row(key, title, contenders, bars, **more)


def per_cpu(against, at_least):
    return Bar("ours", "per_cpu_second", against, at_least=at_least)


NODE_PEERS = ("socketio", "ws")
ALL_PEERS = ("raw", *NODE_PEERS, "lws")
EACH_PEERS = ("raw-each", *NODE_PEERS, "lws")
# Without libwebsockets' own loop: it delivers 1600 messages a second to 10,000 and does not come to an end.
MANY_PEERS = ("raw", *NODE_PEERS)
MANY_EACH_PEERS = ("raw-each", *NODE_PEERS)
DURABLE = (("chat.history", "durable"),)
MEMORY = (("chat.history", "memory"),)
LARGE = ("--opening", 256, "--settle-ms", 2000)


def fanout_rows():
    yield fanout_row("fanout-100", "fan-out to 100, 16 in flight", fanout(100, in_flight=16), (), ALL_PEERS)
    yield fanout_row("fanout-1000", "fan-out to 1000, 16 in flight", fanout(1000, in_flight=16),
                     (per_cpu("raw", 0.85), per_cpu("socketio", 14)), ALL_PEERS)
    yield fanout_row("fanout-10000", "fan-out to 10,000, 16 in flight", fanout(10000, in_flight=16),
                     (per_cpu("raw", 0.85), per_cpu("socketio", 14)), MANY_PEERS, quick=False)
    yield fanout_row("publishers", "fan-out to 1000, 16 publishers with one in flight each",
                     fanout(1000, publishers=16), (per_cpu("raw", 0.75), per_cpu("socketio", 12)), ALL_PEERS)
    yield fanout_row("single-1000", "fan-out to 1000, one in flight", fanout(1000),
                     (per_cpu("raw-each", 0.85), per_cpu("socketio", 2.2)), EACH_PEERS)
    yield fanout_row("single-10000", "fan-out to 10,000, one in flight", fanout(10000),
                     (per_cpu("raw-each", 0.85), per_cpu("socketio", 2.2)), MANY_EACH_PEERS, quick=False)
    yield fanout_row("tls", "fan-out to 1000 over TLS 1.3, 16 in flight", fanout(1000, in_flight=16, tls=True),
                     (per_cpu("raw", 0.85),), ("raw", "socketio", "lws"))


def history_rows():
    make = lambda settings: Contender(
        "ours", "fanout", ("--connections", 1000, "--in-flight", 16, "--ack", "on"), settings)
    yield Row("history", "fan-out to 1000, 16 in flight, each message acknowledged, by chat.history",
              {"durable": make(DURABLE), "memory": make(MEMORY), "off": make(())},
              (Bar("durable", "per_cpu_second", "off", at_least=0.75),))
    senders = Contender("ours", "echo",
                        ("--connections", 64, "--active", 64, "--in-flight", 16), DURABLE)
    yield Row("store", "acknowledged messages a second, 64 senders, after the commit (synchronous=FULL)",
              {"ours": senders, "sqlite": SqliteAlone()},
              (Bar("ours", "per_second", "sqlite", at_least=0.3),), "per_second", "messages a second")


def latency_rows():
    steady = ("--connections", 1000, "--rate", 40)
    yield Row("latency", "p99 of a delivery, 40 messages a second to 1000 people",
              {"ours": Contender("ours", "fanout", steady), "socketio": Contender("socketio", "fanout", steady),
               "raw": Contender("raw", "fanout", steady)},
              (Bar("ours", "latency_us.p99", "socketio", at_most=0.25),), "latency_us.p99", "microseconds")
    cost = (("auth.bcrypt_cost", 12),)
    yield Row("logins", "p99 of a delivery while the hashing queue is full, 40 messages a second to 1000 people",
              {"quiet": Contender("ours", "fanout", steady, cost),
               "storm": Contender("ours", "fanout", (*steady, "--logins", 128), cost)},
              (Bar("storm", "latency_us.p99", "quiet", at_most=1.5),), "latency_us.p99", "microseconds")
    echo = ("--connections", 10064, "--active", 64, *LARGE)
    yield Row("echo", "messages sent and acknowledged, 64 people active beside 10,000 idle ones",
              {"ours": Contender("ours", "echo", echo), "raw": Contender("raw", "echo", echo)},
              (per_cpu("raw", 0.7),), unit="round trips per server CPU second", quick=False)


def connection_rows():
    idle = ("--connections", 10000, *LARGE)
    yield Row("memory", "memory of an idle connection, 10,000 of them",
              {"ours": Contender("ours", "idle", idle),
               "plain": Contender("ours", "idle", idle, dialect="plain"),
               "socketio": Contender("socketio", "idle", idle), "ws": Contender("ws", "idle", idle),
               "raw": Contender("raw", "idle", idle)},
              (Bar("ours", "pss_kb_each", "socketio", at_most=0.17), Bar("ours", "pss_kb_each", at_most=3.2)),
              "pss_kb_each", "kB", quick=False)
    idle_tls = ("--connections", 2000, *LARGE)
    yield Row("memory-tls", "memory of an idle TLS connection, 2000 of them",
              {"ours": Contender("ours", "idle", idle_tls, tls=True), "raw": Contender("raw", "idle", idle_tls, tls=True)},
              (Bar("ours", "pss_kb_each", at_most=20),), "pss_kb_each", "kB")
    visits = ("--connections", 5000, "--opening", 64)
    visitable = (("limits.max_connections", 6000),)
    yield Row("handshakes", "connections that come, join and go, while 5000 stay",
              {"ours": Contender("ours", "handshakes", visits, settings=visitable), "socketio": Contender("socketio", "handshakes", visits)},
              (per_cpu("socketio", 12),), unit="handshakes per server CPU second", quick=False)
    yield Row("idle", "share of a core that 10,000 idle connections take, heartbeats included",
              {"ours": Contender("ours", "idle", (*idle, "--measure-ms", 30000))},
              (Bar("ours", "server_load", at_most=0.01),), "server_load", "cores", quick=False)


def growth_rows():
    make = fanout(1000, in_flight=16)
    two = (("listen.threads", 2),)
    yield Row("shards", "fan-out to 1000, 16 in flight, by listen.threads",
              {"one": make("ours"), "two": make("ours", settings=two)},
              (Bar("two", "per_cpu_second", "one", at_least=0.85),))
    rooms = lambda count, kind="ours": Contender(
        kind, "fanout", ("--connections", 2000, "--rooms", count, "--room-members", 10, "--opening", 64))
    # The limit's own loss is what the kernel pays for ten sockets out of two thousand.
    yield Row("rooms", "one message at a time to rooms of ten, by the number of rooms",
              {"one": rooms(1), "hundred": rooms(100), "many": rooms(10000),
               "raw-one": rooms(1, "raw-each"), "raw-many": rooms(10000, "raw-each")},
              (Bar("many", "per_cpu_second", "one", at_least=1 / 1.2), Bar("raw-many", "per_cpu_second", "raw-one"),
               Bar("many", "per_cpu_second", "raw-many")), quick=False)


ROWS = (*fanout_rows(), *history_rows(), *latency_rows(), *connection_rows(), *growth_rows())
