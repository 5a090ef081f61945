"""The digit page without a server: the same answers as text, and the built page in a browser with a stand-in for Pyodide."""

import functools
import http.server
import importlib.util
import json
import shutil
import threading
from pathlib import Path

import pytest

import lrp.models
from lrp.play import Answers, InPage

SITE = Path(__file__).resolve().parents[2] / "docs" / "site"


@pytest.fixture(scope="module")
def answers():
    return Answers(lrp.models.load("mnist-mlp"), "mnist-mlp")


def test_the_answers_are_those_of_the_server(answers):
    page = InPage(answers)
    model = json.loads(page.model())
    assert model == json.loads(json.dumps(answers.model))
    picture = lrp.models.example("mnist-lenet", "three.png").read_bytes()
    pixels = json.loads(page.picture(memoryview(picture), "three.png"))["pixels"]
    question = {"pixels": pixels, "target": 3, "rules": {node: "zero" for node in model["nodes"]}}
    assert json.loads(page.explain(json.dumps(question))) == json.loads(json.dumps(answers.explain(question)))


def test_errors_are_sentences(answers):
    page = InPage(answers)
    for text in (page.explain("no JSON"), page.explain("[1]"), page.explain("{}"), page.picture(b"nothing", "x.png")):
        assert set(json.loads(text)) == {"error"}


STAND_IN = """
window.loadPyodide = async () => ({
  loadPackage: async () => {}, unpackArchive: () => {},
  pyimport: (name) => name === "lrp.models" ? { load: (model) => model } : { Answers: (model) => model, InPage: () => ({
    model: () => compute("model"), explain: (body) => compute("explain", body), picture: () => JSON.stringify({ error: "no picture" }) }) },
});
function compute(path, body) {
  const request = new XMLHttpRequest();
  request.open("POST", "/python/" + path, false);
  request.send(body);
  return request.responseText;
}
"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    """The built page, and what the stand-in computes in this process."""

    page: InPage

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        content = (self.page.model() if self.path.endswith("model") else self.page.explain(body)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format, *args):
        pass


@pytest.fixture(scope="module")
def site_page(answers, tmp_path_factory):
    """The address of the built page, with an address of Pyodide on this machine."""
    spec = importlib.util.spec_from_file_location("site_browser", SITE / "browser.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("site")
    wheel = folder / "lrp-0-py3-none-any.whl"
    wheel.write_bytes(b"PK")
    module.digit_page(folder / "play", wheel)
    script = folder / "play" / "pyodide.js"
    script.write_text(script.read_text().replace("https://cdn.jsdelivr.net/pyodide/v0.29.3/full/", "/pyodide/"))
    handler = type("Handler", (_Handler,), {"page": InPage(answers)})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}/play/"
    server.shutdown()
    server.server_close()


def test_the_built_page_in_a_browser(site_page, tmp_path):
    selenium = pytest.importorskip("selenium.webdriver", reason="needs the package selenium")
    from selenium.webdriver.support.ui import WebDriverWait

    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("chromium and chromedriver are not installed here")
    folder, address = site_page
    options = selenium.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"):
        options.add_argument(argument)
    driver = selenium.Chrome(options, selenium.ChromeService(shutil.which("chromedriver")))
    status = "return document.getElementById('status').innerText"
    try:
        driver.get(address)
        WebDriverWait(driver, 20).until(lambda d: "could not be loaded" in d.execute_script(status))
        assert not driver.execute_script("return document.querySelector('main').checkVisibility()")
        (folder / "pyodide").mkdir()
        (folder / "pyodide" / "pyodide.js").write_text(STAND_IN)
        driver.get(address)
        WebDriverWait(driver, 20).until(lambda d: "Predicted" in d.execute_script(status))
        assert driver.execute_script("return document.querySelectorAll('#ledger tr').length") > 3
    finally:
        driver.quit()
