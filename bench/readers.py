"""Ways to read objects from a real S3 server, side by side: the figures of ADR 5.

    uv run --with awscrt --with obstore python -m bench readers [--quick]

Every way reads the same objects in one run and hashes what it reads. It makes no promise: a way
whose package is not there is named and left out.
"""

import hashlib
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, urlsplit

from bench._peers import timed
from bench._servers import REGION, ROOM, NoTool, Server, running, tool
from relab.clouds import AwsTarget
from relab.clouds.aws import Aws
from relab.clouds.objects import Objects, Which

BUCKET = "readers"
THREADS = 16
Read = Callable[[Sequence[str]], int]


def main(quick: bool) -> int:
    small, large = (1000, (2, 32)) if quick else (10_000, (4, 256))
    with tempfile.TemporaryDirectory(dir=ROOM, prefix="relab-bench-") as folder:
        try:
            with running(Path(folder) / "server") as server, patch.dict(os.environ, server.environ):
                keys = _fill(server, Path(folder) / "source", small, large)
                _table(server, keys, 1 if quick else 2)
        except NoTool as why:
            print(f"readers: skipped, since {why}")
    return 0


def _fill(
    server: Server, source: Path, small: int, large: tuple[int, int]
) -> tuple[list[str], ...]:
    sizes = {f"small/{n:05}": 64 << 10 for n in range(small)}
    sizes |= {f"large/{n}": large[1] << 20 for n in range(large[0])}
    for name, size in sizes.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(os.urandom(size))
    s5cmd = (tool("s5cmd"), "--endpoint-url", server.endpoint, "--log", "error")
    timed((*s5cmd, "mb", f"s3://{BUCKET}"), os.environ)
    timed((*s5cmd, "cp", f"{source}/", f"s3://{BUCKET}/"), os.environ)
    return [key for key in sizes if key[0] == "s"], [key for key in sizes if key[0] == "l"]


def _table(server: Server, keys: tuple[list[str], ...], rounds: int) -> None:
    ways = dict(_ways(server))
    best: dict[tuple[str, int], tuple[float, float]] = {}
    for _ in range(rounds):
        for name, read in ways.items():
            for number, some in enumerate(keys):
                took = _timed(read, some)
                best[name, number] = min(best.get((name, number), took), took)
    print(f"{'':<26}{'small: wall':>12}{'CPU':>9}{'large: wall':>14}{'CPU':>9}")
    for name in ways:
        row = [value for number in (0, 1) for value in best[name, number]]
        print(f"{name:<26}{row[0]:>10.2f} s{row[1]:>7.2f} s{row[2]:>12.2f} s{row[3]:>7.2f} s")


def _timed(read: Read, keys: Sequence[str]) -> tuple[float, float]:
    began, cpu = time.perf_counter(), _cpu()
    if not read(keys):
        raise SystemExit("nothing was read")
    return time.perf_counter() - began, _cpu() - cpu


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _ways(server: Server) -> Iterator[tuple[str, Read]]:
    makers = {
        "boto3, threads": _boto3,
        "urllib3, signed by botocore": _urllib3,
        "relab.clouds.objects": _own,
        "awscrt.s3.S3Client": _crt,
        "boto3's CRT transfer": _crt_transfer,
        "obstore, threads": _obstore,
    }
    for name, make in makers.items():
        try:
            yield name, make(server)
        except ImportError as error:
            print(f"readers: no {error.name}, so no figures of {name}")


def _many(one: Callable[[str], int]) -> Read:
    def read(keys: Sequence[str]) -> int:
        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(one, keys))

    return read


def _hashed(pieces: Iterable[Any]) -> int:
    seen, size = hashlib.sha256(), 0
    for piece in pieces:
        seen.update(piece)
        size += len(piece)
    return size


def _boto3(server: Server) -> Read:
    import boto3
    from botocore.config import Config

    config = Config(max_pool_connections=THREADS, s3={"addressing_style": "path"})
    client = boto3.client("s3", REGION, endpoint_url=server.endpoint, config=config)

    def one(key: str) -> int:
        answer = client.get_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
        return _hashed(answer["Body"].iter_chunks(1 << 20))

    return _many(one)


def _urllib3(server: Server) -> Read:
    import urllib3
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    pool = urllib3.connection_from_url(server.endpoint, maxsize=THREADS)
    auth = S3SigV4Auth(Credentials(server.access_key, server.secret_key), "s3", REGION)

    def one(key: str) -> int:
        path = f"/{BUCKET}/{quote(key)}"
        request = AWSRequest("GET", f"{server.endpoint}{path}", {"x-amz-checksum-mode": "ENABLED"})
        auth.add_auth(request)
        answer = pool.request("GET", path, headers=dict(request.headers), preload_content=False)
        size = _hashed(answer.stream(1 << 20))
        answer.release_conn()
        return size

    return _many(one)


def _own(server: Server) -> Read:
    reader = Objects(Aws(), AwsTarget(REGION, server.endpoint))
    return _many(lambda key: reader.read(Which(BUCKET, key), _hashed).kept or 0)


def _crt(server: Server) -> Read:
    client = _crt_client(server)
    s3, http = import_module("awscrt.s3"), import_module("awscrt.http")
    host = urlsplit(server.endpoint).netloc

    def one(key: str, turn: threading.Semaphore, sizes: list[int]) -> Any:
        seen = hashlib.sha256()

        def body(chunk: bytes, **_: Any) -> None:
            seen.update(chunk)
            sizes.append(len(chunk))

        headers = http.HttpHeaders([("host", host), ("x-amz-checksum-mode", "ENABLED")])
        return client.make_request(
            type=s3.S3RequestType.GET_OBJECT,
            request=http.HttpRequest("GET", f"/{BUCKET}/{quote(key)}", headers),
            on_body=body,
            on_done=lambda **_: turn.release(),
        ).finished_future

    def read(keys: Sequence[str]) -> int:
        turn, sizes, futures = threading.Semaphore(4 * THREADS), list[int](), []
        for key in keys:
            turn.acquire()
            futures.append(one(key, turn, sizes))
        for future in futures:
            future.result()
        return sum(sizes)

    return read


def _crt_client(server: Server) -> Any:
    s3, io = import_module("awscrt.s3"), import_module("awscrt.io")
    auth = import_module("awscrt.auth")
    group = io.EventLoopGroup(os.cpu_count() or 1)
    keys = auth.AwsCredentialsProvider.new_static(server.access_key, server.secret_key)
    return s3.S3Client(
        bootstrap=io.ClientBootstrap(group, io.DefaultHostResolver(group)),
        region=REGION,
        tls_mode=s3.S3RequestTlsMode.DISABLED,
        signing_config=s3.create_default_s3_signing_config(region=REGION, credential_provider=keys),
    )


def _crt_transfer(server: Server) -> Read:
    import_module("awscrt.s3")
    crt, session = import_module("s3transfer.crt"), import_module("botocore.session")
    auth, config = import_module("awscrt.auth"), import_module("botocore.config")
    options = {
        "region_name": REGION,
        "endpoint_url": server.endpoint,
        "config": config.Config(s3={"addressing_style": "path"}),
    }
    keys = auth.AwsCredentialsProvider.new_static(server.access_key, server.secret_key)
    client = crt.create_s3_crt_client(REGION, keys, use_ssl=False)
    manager = crt.CRTTransferManager(
        client, crt.BotocoreCRTRequestSerializer(session.Session(), options)
    )

    def read(keys: Sequence[str]) -> int:
        with tempfile.TemporaryDirectory(dir=ROOM, prefix="relab-bench-") as folder:
            files = [Path(folder) / str(number) for number in range(len(keys))]
            pairs = zip(keys, files, strict=True)
            for future in [manager.download(BUCKET, key, str(file)) for key, file in pairs]:
                future.result()
            return sum(_hashed([file.read_bytes()]) for file in files)

    return read


def _obstore(server: Server) -> Read:
    obstore, stores = import_module("obstore"), import_module("obstore.store")
    store = stores.S3Store(
        BUCKET,
        endpoint=server.endpoint,
        region=REGION,
        access_key_id=server.access_key,
        secret_access_key=server.secret_key,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )
    return _many(lambda key: _hashed(obstore.get(store, key).stream(min_chunk_size=1 << 20)))


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv))
