"use strict";
// Python in the page itself: Pyodide loads numpy, scipy and h5py from its own address, and lrp and the model from this site.
// page.js asks askPython where it would ask the server of `lrp play`.
{
  const PYODIDE = "https://cdn.jsdelivr.net/pyodide/v0.29.3/full/";
  const PACKAGES = ["numpy", "scipy", "h5py", "pillow"];
  const status = (text) => { document.getElementById("status").textContent = text; };

  function loadScript(address) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address; script.onload = resolve; script.onerror = reject;
      document.head.append(script);
    });
  }

  async function loadPage() {
    status("Loading Python (about 40 MB, once) ...");
    try { await loadScript(PYODIDE + "pyodide.js"); }
    catch { throw new Error(`Python could not be loaded from ${PYODIDE}. With lrp installed, "lrp play" shows this page without network.`); }
    const python = await loadPyodide({ indexURL: PYODIDE });
    await python.loadPackage(PACKAGES);
    status("Loading lrp and its models ...");
    const wheel = await fetch(document.querySelector("meta[name=wheel]").content);
    if (!wheel.ok) throw new Error("This site is incomplete: the package of lrp is missing.");
    python.unpackArchive(await wheel.arrayBuffer(), "wheel");
    const models = python.pyimport("lrp.models"), play = python.pyimport("lrp.play");
    return play.InPage(play.Answers(models.load("mnist-lenet"), "mnist-lenet"));
  }

  const page = loadPage();
  window.askPython = async (path, options) => {
    const answers = await page;
    let text;
    if (path === "model") text = answers.model();
    else if (path === "explain") text = answers.explain(options.body);
    else text = answers.picture(new Uint8Array(await options.body.arrayBuffer()), decodeURIComponent(options.headers["X-Name"]));
    const answer = JSON.parse(text);
    if (answer.error) throw new Error(answer.error);
    return answer;
  };
}
