"""Traffic to what runs behind services and pods: proxies and port-forwards."""

import re
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from kubernetes import client
from kubernetes.stream import portforward

from tests.kube.test_kubectl_reading import add_pod
from tests.kube.world import Kubectl, World


class Hello(BaseHTTPRequestHandler):
    """Answers with the path asked, many times over for /big."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"x" * 2_000_000 if self.path == "/big" else f"hello {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def backend() -> Iterator[tuple[str, int]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield "127.0.0.1", server.server_address[1]
        server.shutdown()


@pytest.fixture
def service(world: World, namespace: str, backend: tuple[str, int]) -> str:
    world.needs("backends")
    add_pod(world, namespace, "web", app="web")
    ports = [{"port": 80, "targetPort": "http", "name": "ui"}]
    body = {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": ports}}
    base = f"/api/v1/namespaces/{namespace}"
    assert world.raw("POST", f"{base}/services", body)[0] == 201
    world.hooks["service_backend"](namespace, "web", 80, backend)
    return base


@pytest.mark.parametrize(
    "target", ["services/web:80", "services/web:ui", "services/web", "pods/web:5000"]
)
def test_proxy(world: World, service: str, target: str) -> None:
    code, text, _ = world.raw("GET", f"{service}/{target}/proxy/health/x?y=1")
    assert (code, text) == (200, "hello /health/x?y=1")


def test_proxy_without_ready_pods(world: World, service: str) -> None:
    world.raw("DELETE", f"{service}/pods/web")
    code, status, _ = world.raw("GET", f"{service}/services/web:80/proxy/health")
    assert (code, status["reason"]) == (503, "ServiceUnavailable")
    assert status["message"] == 'no endpoints available for service "web"'


def test_proxy_to_a_closed_port(world: World, service: str, namespace: str) -> None:
    world.hooks["service_backend"](namespace, "web", 80, ("127.0.0.1", 1))
    code, status, _ = world.raw("GET", f"{service}/services/web:80/proxy/health")
    assert (code, status["reason"]) == (503, "ServiceUnavailable")


def test_proxy_is_a_right(world: World, service: str) -> None:
    code, status, _ = world.raw("GET", f"{service}/services/web:80/proxy/health", user="bob")
    assert code == 403
    assert 'cannot get resource "services/proxy"' in status["message"]


@contextmanager
def forwarded(kubectl: Kubectl, *words: str) -> Iterator[str]:
    """Run kubectl port-forward on a free port and give its address."""
    process = subprocess.Popen(
        kubectl.command("port-forward", *words),
        env=kubectl.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert found, line
        yield f"http://127.0.0.1:{found[1]}"
        process.terminate()


def fetch(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=20) as answer:
        return bytes(answer.read())


@pytest.mark.kubectl
@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("words", [("svc/web", ":80"), ("pod/web", ":5000")])
def test_kubectl_port_forward(kubectl: Kubectl, words: tuple[str, str]) -> None:
    with forwarded(kubectl, *words) as url:
        assert [fetch(f"{url}/{place}") for place in range(3)] == [
            f"hello /{place}".encode() for place in range(3)
        ]
        assert len(fetch(f"{url}/big")) == 2_000_000


@pytest.mark.usefixtures("service")
def test_python_port_forward(world: World, namespace: str) -> None:
    core = client.CoreV1Api(world.api())
    link = portforward(core.connect_get_namespaced_pod_portforward, "web", namespace, ports="5000")
    socket = link.socket(5000)
    socket.settimeout(20)
    socket.sendall(b"GET /there HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    text = b""
    while chunk := socket.recv(4096):
        text += chunk
    socket.close()
    assert text.endswith(b"hello /there")
