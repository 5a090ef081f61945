"""The page in headless Chromium: draw, read the ledger, change the composite, a wrong file, two tabs, a stopped server."""

import shutil
import threading

import pytest

import lrp.models
from lrp.play import Answers, PlayServer

selenium = pytest.importorskip("selenium.webdriver", reason="the page is tested in a browser with the package selenium")
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed here")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = selenium.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    profile = tmp_path_factory.mktemp("profile")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
                     "--disable-background-networking", "--disable-component-update", "--window-size=1200,1500",
                     f"--user-data-dir={profile}"):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = selenium.Chrome(options, selenium.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def server():
    served = PlayServer(Answers(lrp.models.load("mnist-lenet"), "mnist-lenet"))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


def status(browser, part):
    WebDriverWait(browser, 20).until(lambda b: part in b.find_element(By.ID, "status").text)
    return browser.find_element(By.ID, "status").text


def total(browser):
    return texts(browser, "#ledger tr:last-child td")


def texts(browser, selector):
    """What all matching elements show, read in one step: the page may replace them at any moment."""
    script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText)"
    return browser.execute_script(script, selector)


def draw_a_one(browser):
    canvas = browser.find_element(By.ID, "canvas")
    ActionChains(browser, duration=20).move_to_element_with_offset(canvas, 0, -100).click_and_hold().move_by_offset(
        0, 70
    ).move_by_offset(0, 70).move_by_offset(0, 60).release().perform()


def test_draw_and_change_the_rules(browser, server):
    browser.get(server.address)
    status(browser, "Predicted")
    draw_a_one(browser)
    assert "Predicted 1" in status(browser, "Predicted 1")
    assert int(browser.find_element(By.TAG_NAME, "body").get_attribute("data-milliseconds")) < 1000
    before = total(browser)
    assert before[0] == "total" and float(before[2]) > 0
    Select(browser.find_element(By.ID, "target")).select_by_visible_text("7")
    status(browser, "explained: 7")
    Select(browser.find_element(By.ID, "rule-conv2")).select_by_visible_text("zero")
    WebDriverWait(browser, 10).until(lambda b: texts(b, "#ledger tr td:nth-child(2)").count("zero") == 1)
    assert browser.find_element(By.ID, "preset").get_attribute("value") == ""
    assert len(browser.find_elements(By.CSS_SELECTOR, "#layers figure")) == len(server.answers.network.nodes)
    assert not [
        entry
        for entry in browser.get_log("browser")
        if entry["level"] == "SEVERE" and "favicon" not in entry["message"]
    ]


def test_the_keyboard_alone(browser, server):
    browser.get(server.address)
    status(browser, "Predicted")
    canvas = browser.find_element(By.ID, "canvas")
    canvas.send_keys(*[Keys.ARROW_UP] * 9, Keys.SPACE, *[Keys.ARROW_DOWN] * 18, Keys.SPACE)
    status(browser, "Predicted 1")
    canvas.send_keys(Keys.DELETE)
    WebDriverWait(browser, 10).until(lambda b: b.execute_script("return state.pixels.every((v) => v === 0)"))


def test_a_picture_and_a_wrong_file(browser, server, tmp_path):
    browser.get(server.address)
    status(browser, "Predicted")
    file = browser.find_element(By.ID, "file")
    file.send_keys(str(lrp.models.example("mnist-lenet", "three.png").resolve()))
    status(browser, "Predicted 3")
    wrong = tmp_path / "notes.png"
    wrong.write_text("no picture")
    file.send_keys(str(wrong))
    assert status(browser, "notes.png") and browser.find_element(By.ID, "status").get_attribute("class") == "error"
    draw_a_one(browser)
    status(browser, "Predicted")


def test_two_tabs_and_a_phone(browser, server):
    browser.get(server.address)
    status(browser, "Predicted")
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    browser.get(server.address)
    draw_a_one(browser)
    status(browser, "Predicted 1")
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": True}
    )
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.close()
    browser.switch_to.window(first)
    assert browser.execute_script("return state.pixels.every((v) => v === 0)")


def test_a_stopped_server(browser):
    served = PlayServer(Answers(lrp.models.load("mnist-mlp"), "mnist-mlp"))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    browser.get(served.address)
    status(browser, "Predicted")
    served.shutdown()
    served.server_close()
    draw_a_one(browser)
    status(browser, "has been stopped")
