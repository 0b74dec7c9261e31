"""A real Valkey from a wheel, which speaks the Redis protocol."""

from pathlib import Path

from redis import Redis, RedisError

from app.localdev import libraries, pidfiles, ports, readiness


def start(home: Path) -> str:
    """URL of the Valkey of `home`, ready; it stores nothing on disk. Raises LocalDevError as `mongod.start` does."""
    port = ports.recorded(home, "redis")
    if pidfiles.alive(home / "redis.pid") is None:
        port = ports.record(home, "redis", port if ports.is_free(port) else ports.free_port())
        command = [str(libraries.valkey()), "--port", str(port), "--bind", "127.0.0.1"]
        # A cache: no persistence, bounded, LRU eviction. 128 databases, since tests use one for each worker.
        command += ["--save", "", "--appendonly", "no", "--maxmemory", "64mb"]
        command += ["--maxmemory-policy", "allkeys-lru", "--databases", "128"]
        pidfiles.start("redis", command, home)
    with Redis(host="127.0.0.1", port=port, socket_timeout=1) as client:
        readiness.wait("redis", home, lambda: bool(client.ping()), (RedisError,))
    return f"redis://127.0.0.1:{port}/0"
