"""Two real Valkeys from a wheel, which speak the Redis protocol: a cache, and the broker of the queue."""

from pathlib import Path

from redis import Redis, RedisError

from app.localdev import libraries, pidfiles, ports, readiness

# A cache: no persistence, bounded, LRU eviction.
_CACHE = ("--save", "", "--appendonly", "no", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru")
# A broker: it evicts no task, and loses at most those of the last second if it is killed.
_BROKER = ("--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction")


def start(home: Path) -> str:
    """URL of the cache of `home`, ready; it stores nothing on disk. Raises LocalDevError as `mongod.start` does."""
    return _started("redis", home, _CACHE)


def start_broker(home: Path) -> str:
    """URL of the broker of `home`, ready, with its data in `home/broker`. Raises LocalDevError."""
    data = home / "broker"
    data.mkdir(parents=True, exist_ok=True)
    return _started("broker", home, (*_BROKER, "--dir", str(data)))


def _started(name: str, home: Path, options: tuple[str, ...]) -> str:
    port = ports.recorded(home, name)
    if pidfiles.alive(home / f"{name}.pid") is None:
        port = ports.assigned(home, name)
        command = [str(libraries.valkey()), "--port", str(port), "--bind", "127.0.0.1"]
        # 128 databases, since tests use one for each worker.
        pidfiles.start(name, [*command, *options, "--databases", "128"], home)
    with Redis(host="127.0.0.1", port=port, socket_timeout=1) as client:
        readiness.wait(name, home, lambda: bool(client.ping()), (RedisError,))
    return f"redis://127.0.0.1:{port}/0"
