"use strict";
// The page's state: what is drawn, which rule each node has. Every change asks the server once; while an answer is on its way
// further changes wait, and the newest state is asked when it has come.
const $ = (id) => document.getElementById(id);
const state = { model: null, pixels: null, rules: {}, cursor: null, pen: false, last: null };
let busy = false, dirty = false;

const say = (text, error = false) => { $("status").textContent = text; $("status").className = error ? "error" : ""; };

// A page with a Python of its own (pyodide.js of the site) defines askPython; otherwise the server is asked.
const fetchJson = window.askPython || askServer;

async function askServer(path, options) {
  let response;
  try { response = await fetch(path, options); }
  catch { throw new Error("The server does not answer: it has been stopped. Start lrp play again and open its new address."); }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

async function start() {
  try { state.model = await fetchJson("model"); }
  catch (error) { say(error.message, true); return; }
  const model = state.model;
  document.querySelector("main").hidden = false;
  $("name").textContent = model.name;
  model.classes.forEach((name, k) => $("target").add(new Option(name, k)));
  $("target").onchange = ask;
  if (model.kind === "text") { $("write").hidden = false; $("heatmap").hidden = true; $("text").oninput = ask; say("Type or paste a text."); return; }
  $("draw").hidden = $("rules").hidden = $("layers-section").hidden = $("ledger-section").hidden = false;
  state.pixels = new Float64Array(model.height * model.width * model.channels);
  state.cursor = [Math.floor(model.height / 2), Math.floor(model.width / 2)];
  $("canvas").width = model.width; $("canvas").height = model.height;
  makeControls(); listen(); paint(); ask();
}

// ---- rules ----
function makeControls() {
  const model = state.model;
  for (const name of Object.keys(model.presets)) $("preset").add(new Option(name));
  $("preset").add(new Option("my own", "")); // chosen when a single rule is changed
  for (const node of model.nodes) {
    const select = document.createElement("select"), label = document.createElement("label");
    select.id = "rule-" + node;
    for (const rule of model.rules) select.add(new Option(rule));
    select.onchange = () => { state.rules[node] = { name: select.value, box: state.rules[node].box }; $("preset").value = ""; ask(); };
    label.append(node + " ", select); $("nodes").append(label);
  }
  $("preset").onchange = () => { choosePreset(); ask(); };
  for (const id of ["epsilon", "gamma", "alpha"]) $(id).oninput = () => { showSliders(); ask(); };
  $("preset").value = "epsilon-gamma-box" in model.presets ? "epsilon-gamma-box" : Object.keys(model.presets)[0];
  choosePreset();
}

function choosePreset() {
  const lines = state.model.presets[$("preset").value];
  if (!lines) return;
  const box = Object.values(lines).find((text) => text.startsWith("z_box"));
  for (const [node, text] of Object.entries(lines)) {
    const [name, parameters] = text.split(":");
    if (name === "epsilon" && Number(parameters) > 0) $("epsilon").value = Math.log10(Number(parameters));
    if (name === "gamma") $("gamma").value = parameters;
    if (name === "alpha_beta") $("alpha").value = parameters.split(",")[0];
    state.rules[node] = { name, text, box: box || state.boxText };
    $("rule-" + node).value = name;
  }
  if (box) state.boxText = box;
  showSliders();
}

const epsilon = () => 10 ** Number($("epsilon").value);
function showSliders() {
  document.querySelector("output[for=epsilon]").value = epsilon().toPrecision(2);
  document.querySelector("output[for=gamma]").value = $("gamma").value;
  document.querySelector("output[for=alpha]").value = $("alpha").value + ", beta " + ($("alpha").value - 1);
}

function ruleTexts() {
  const texts = {};
  for (const [node, rule] of Object.entries(state.rules)) {
    if (rule.name === "epsilon") texts[node] = "epsilon:" + epsilon();
    else if (rule.name === "gamma") texts[node] = "gamma:" + $("gamma").value;
    else if (rule.name === "alpha_beta") texts[node] = `alpha_beta:${$("alpha").value},${$("alpha").value - 1}`;
    else if (rule.name === "z_box") texts[node] = state.boxText || "z_box:0,1";
    else texts[node] = rule.text && rule.text.split(":")[0] === rule.name ? rule.text : rule.name;
  }
  return texts;
}

// ---- drawing ----
function dab(row, column) {
  const { height, width, channels } = state.model, radius = Math.max(1.3, height / 22);
  for (let r = Math.max(0, Math.floor(row - radius - 1)); r <= Math.min(height - 1, row + radius + 1); r++)
    for (let c = Math.max(0, Math.floor(column - radius - 1)); c <= Math.min(width - 1, column + radius + 1); c++) {
      const ink = 255 * Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(r + 0.5 - row, c + 0.5 - column)));
      for (let k = 0; k < channels; k++) {
        const i = (r * width + c) * channels + k;
        state.pixels[i] = Math.max(state.pixels[i], ink);
      }
    }
}

function stroke(from, to) {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])));
  for (let i = 0; i <= steps; i++) dab(from[0] + (to[0] - from[0]) * i / steps, from[1] + (to[1] - from[1]) * i / steps);
  paint(); ask();
}

function listen() {
  const canvas = $("canvas");
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientY - box.top) / box.height * state.model.height, (event.clientX - box.left) / box.width * state.model.width];
  };
  canvas.onpointerdown = (event) => { canvas.setPointerCapture(event.pointerId); state.last = place(event); stroke(state.last, state.last); };
  canvas.onpointermove = (event) => { if (state.last) { const here = place(event); stroke(state.last, here); state.last = here; } };
  canvas.onpointerup = canvas.onpointercancel = () => { state.last = null; };
  canvas.onkeydown = key;
  $("clear").onclick = clear;
  $("file").onchange = () => { if ($("file").files[0]) openPicture($("file").files[0]); $("file").value = ""; };
  document.ondragover = (event) => event.preventDefault();
  document.ondrop = (event) => { event.preventDefault(); if (event.dataTransfer.files[0]) openPicture(event.dataTransfer.files[0]); };
}

function key(event) {
  const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (move) {
    const before = [...state.cursor];
    state.cursor = [Math.min(state.model.height - 1, Math.max(0, before[0] + move[0])), Math.min(state.model.width - 1, Math.max(0, before[1] + move[1]))];
    if (state.pen) stroke(before.map((v) => v + 0.5), state.cursor.map((v) => v + 0.5)); else paint();
  } else if (event.key === " ") {
    state.pen = !state.pen;
    const here = state.cursor.map((v) => v + 0.5);
    if (state.pen) stroke(here, here); else paint();
    say(state.pen ? "The pen is down." : "The pen is up.");
  } else if (event.key === "Delete" || event.key === "Backspace") clear();
  else return;
  event.preventDefault();
}

function clear() { state.pixels.fill(0); state.pen = false; paint(); ask(); }

async function openPicture(file) {
  try {
    const answer = await fetchJson("picture", { method: "POST", body: file, headers: { "X-Name": encodeURIComponent(file.name) } });
    state.pixels.set(answer.pixels); paint(); ask();
  } catch (error) { say(error.message, true); }
}

function paint() {
  const { height, width, channels } = state.model, context = $("canvas").getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let k = 0; k < 3; k++) image.data[4 * i + k] = state.pixels[i * channels + (channels === 1 ? 0 : k)];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  if (document.activeElement === $("canvas") && state.cursor) {
    context.strokeStyle = state.pen ? "#f33" : "#3af"; context.lineWidth = 0.3;
    context.strokeRect(state.cursor[1] + 0.15, state.cursor[0] + 0.15, 0.7, 0.7);
  }
}

// ---- asking and showing ----
async function ask() {
  dirty = true;
  if (busy) return;
  busy = true;
  while (dirty) {
    dirty = false;
    const target = $("target").value === "" ? null : Number($("target").value);
    const question = state.model.kind === "text" ? { text: $("text").value, target }
      : { pixels: Array.from(state.pixels, (v) => Math.round(v)), target, rules: ruleTexts() };
    if (state.model.kind === "text" && !question.text.trim()) { say("Type or paste a text."); break; }
    try {
      const begun = performance.now(), answer = await fetchJson("explain", { method: "POST", body: JSON.stringify(question) });
      document.body.dataset.milliseconds = Math.round(performance.now() - begun);
      show(answer);
    } catch (error) { say(error.message, true); }
  }
  busy = false;
}

function show(answer) {
  const classes = state.model.classes, best = answer.logits[0];
  say(`Predicted ${classes[best[0]]} (${best[1].toFixed(2)}); explained: ${classes[answer.target]}. ${document.body.dataset.milliseconds} ms.`);
  const largest = Math.max(...answer.logits.map((row) => Math.abs(row[1])), 1e-9);
  $("logits").replaceChildren(...answer.logits.map(([k, value]) => {
    const item = document.createElement("li"), bar = document.createElement("span");
    bar.className = "bar"; bar.style.width = `${100 * Math.abs(value) / largest}%`; bar.style.background = value < 0 ? "#36c" : "#c33";
    if (k === answer.target) item.className = "chosen";
    item.append(cell("span", classes[k]), cell("span", value.toFixed(2)), bar);
    return item;
  }));
  if (answer.words) showWords(answer.words);
  if (answer.heatmap) { $("scale").textContent = `Strongest colour: ${drawMap($("heatmap"), answer.heatmap).toPrecision(3)}.`; showLayers(answer.layers); showLedger(answer.ledger); }
}

const cell = (kind, text) => { const made = document.createElement(kind); made.textContent = text; return made; };

function colour(value) { // -1 blue, 0 white, 1 red
  const weak = Math.round(255 * (1 - Math.min(1, Math.abs(value))));
  return value >= 0 ? [255, weak, weak] : [weak, weak, 255];
}

function drawMap(canvas, map) {
  const height = map.length, width = map[0].length, context = canvas.getContext("2d");
  canvas.height = height; canvas.width = width;
  const limit = Math.max(...map.map((row) => Math.max(...row.map(Math.abs))));
  const image = context.createImageData(width, height);
  map.flat().forEach((value, i) => image.data.set([...colour(limit ? value / limit : 0), 255], 4 * i));
  context.putImageData(image, 0, 0);
  return limit;
}

function showLayers(layers) {
  $("layers").replaceChildren(...layers.map(({ name, map }) => {
    const figure = document.createElement("figure"), canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img"); canvas.setAttribute("aria-label", "Relevance of " + name);
    if (map.length === 1) canvas.style.height = "1rem";
    drawMap(canvas, map); figure.append(canvas, cell("figcaption", name));
    return figure;
  }));
}

function showLedger(rows) {
  const head = document.createElement("tr");
  for (const title of ["node", "rule", "received", "passed", "bias", "stabilizer", "dropped"]) head.append(cell("th", title));
  $("ledger").replaceChildren(head, ...rows.map((row) => {
    const line = document.createElement("tr");
    row.forEach((value, i) => line.append(cell("td", i < 2 ? value : value === 0 ? "0" : value.toPrecision(4))));
    return line;
  }));
}

function showWords(words) {
  const limit = Math.max(...words.map((word) => Math.abs(word[1])), 1e-12);
  $("words").replaceChildren(...words.flatMap(([word, value, known]) => {
    const mark = cell("span", word);
    if (known) { mark.style.backgroundColor = `rgb(${colour(value / limit)})`; mark.title = value.toPrecision(3); if (Math.abs(value) > 0.7 * limit && value < 0) mark.style.color = "#fff"; }
    return [mark, " "];
  }));
}

start();
