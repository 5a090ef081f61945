"""The server: only behind its token and under its own name, with bounds; it stops when it is told to."""

import http.client
import json
import subprocess
import sys
import threading
import time

import pytest

import lrp.models
from lrp.play import Answers, PlayServer
from lrp.play import server as module


@pytest.fixture(scope="module")
def server():
    served = PlayServer(Answers(lrp.models.load("mnist-lenet"), "mnist-lenet"))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


def ask(server, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def test_it_listens_on_this_machine_alone_and_says_so(server):
    assert server.server_address[0] == "127.0.0.1" and server.address.startswith("http://127.0.0.1:")
    response, content = ask(server, "GET", f"/{server.token}/")
    assert response.status == 200 and b"<canvas" in content
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    for name in ("page.js", "page.css", "model"):
        assert ask(server, "GET", f"/{server.token}/{name}")[0].status == 200


def test_the_page_loads_nothing_from_elsewhere(server):
    for name in ("", "page.js", "page.css"):
        content = ask(server, "GET", f"/{server.token}/{name}")[1]
        assert b"http://" not in content and b"https://" not in content and b"//cdn" not in content


@pytest.mark.parametrize("path", ["/", "/model", "/wrong/model", "/wrong/", "/{token}/../setup.cfg", "/{token}/x"])
def test_nothing_without_the_token(server, path):
    assert ask(server, "GET", path.format(token=server.token))[0].status == 404
    assert ask(server, "POST", "/wrong/explain", b"{}")[0].status == 404


def test_a_foreign_name_for_this_machine_is_refused(server):
    response, _ = ask(server, "GET", f"/{server.token}/model", Host="evil.example:80")
    assert response.status == 404


def test_an_answer_and_errors(server):
    rules = server.answers.model["presets"]["epsilon-plus-flat"]
    body = json.dumps({"pixels": [0] * 784, "target": 0, "rules": rules})
    response, content = ask(server, "POST", f"/{server.token}/explain", body)
    assert response.status == 200 and json.loads(content)["target"] == 0
    for bad in (b"", b"[]", b"{", b"[" * 100_000):
        response, content = ask(server, "POST", f"/{server.token}/explain", bad)
        assert response.status == 400 and json.loads(content) == {"error": "question: expected a JSON object"}
    response, content = ask(server, "POST", f"/{server.token}/picture", b"GIF89a", **{"X-Name": "a%20b.png"})
    assert response.status == 400 and json.loads(content)["error"].startswith("a b.png")


def test_a_body_has_a_limit(server, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_BODY", 10)
    assert ask(server, "POST", f"/{server.token}/explain", b"x" * 11)[0].status == 413


def test_two_tabs_at_once(server):
    rules = server.answers.model["presets"]["epsilon-plus-flat"]
    found = []

    def tab(target):
        body = json.dumps({"pixels": [100] * 784, "target": target, "rules": rules})
        found.append(json.loads(ask(server, "POST", f"/{server.token}/explain", body)[1])["target"])

    threads = [threading.Thread(target=tab, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(6))


def test_an_explanation_takes_less_than_a_tenth_of_a_second(server):
    rules = server.answers.model["presets"]["epsilon-gamma-box"]
    question = {"pixels": [100] * 784, "target": 3, "rules": rules}
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        server.answers.explain(question)
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.1


def test_the_command_prints_its_address_and_ends_with_the_interrupt():
    command = [sys.executable, "-m", "lrp", "play", "mnist-mlp", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        address = process.stdout.readline().strip()
        connection = http.client.HTTPConnection("127.0.0.1", int(address.split(":")[2].split("/")[0]), timeout=10)
        connection.request("GET", "/" + address.split("/", 3)[3] + "model")
        assert json.loads(connection.getresponse().read())["name"] == "mnist-mlp"
        connection.close()
        process.send_signal(2)
        try:
            assert process.wait(10) == 0
        finally:
            process.kill()
