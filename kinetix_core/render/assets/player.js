// The player: what is shown, at which time, and the controls under the picture.

const $ = (id) => document.getElementById(id);
const KIND = { solved: "solved", "failed (touched red)": "failed", "time limit": "time", nan: "nan" };
const WORD = { solved: "solved", "failed (touched red)": "failed: touched red", "time limit": "time limit", nan: "not a number" };
const PLAY = "M5 3v10l8-5z", PAUSE = "M4 3h3v10H4zM9 3h3v10H9z";
const signed = (value, digits = 3) => (Math.abs(value) < 0.5 / 10 ** digits ? "0" : (value > 0 ? "+" : "−") + Math.abs(value).toFixed(digits));

class Player {
  constructor(data) {
    this.data = data;
    this.time = 0; // in steps
    this.playing = false;
    this.speed = 1;
    this.dark = window.matchMedia("(prefers-color-scheme: dark)");
    this.meters = [];
    this.onshow = () => {};
  }

  get tones() { return this.data.look[this.dark.matches ? "dark" : "light"]; }

  show(level, attempt, time = 0) {
    this.level = level;
    this.source = attempt;
    this.attempt = openAttempt(level, attempt, this.data.scale);
    $("name").textContent = breakable(level.name);
    $("badge").textContent = WORD[attempt.outcome];
    $("badge").className = "badge " + KIND[attempt.outcome];
    $("over").textContent = WORD[attempt.outcome];
    $("over").className = "over " + KIND[attempt.outcome];
    $("screen").setAttribute("aria-label", `${level.name}: ${WORD[attempt.outcome]} after ${attempt.steps} steps`);
    $("scrub").max = attempt.steps;
    this.buildMeters();
    this.seek(time);
    this.onshow(level, attempt);
  }

  seek(time) {
    this.time = Math.min(Math.max(time, 0), this.attempt.steps);
    this.draw();
  }

  step(by) {
    this.pause();
    this.seek(by > 0 ? Math.floor(this.time + 1e-9) + by : Math.ceil(this.time - 1e-9) + by);
  }

  play() {
    if (this.playing) return;
    if (this.time >= this.attempt.steps) this.time = 0;
    this.playing = true;
    this.last = undefined;
    this.buttons();
    requestAnimationFrame((now) => this.tick(now));
  }

  pause() {
    this.playing = false;
    this.buttons();
  }

  toggle() { this.playing ? this.pause() : this.play(); }

  tick(now) {
    if (!this.playing) return;
    const passed = this.last === undefined ? 0 : Math.min(now - this.last, 100) / 1000;
    this.last = now;
    this.seek(this.time + (passed * this.speed) / this.attempt.seconds);
    if (this.time >= this.attempt.steps) this.pause();
    else requestAnimationFrame((next) => this.tick(next));
  }

  buttons() {
    $("play-icon").setAttribute("d", this.playing ? PAUSE : PLAY);
    $("play").setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }

  draw() {
    const { attempt, time } = this, step = Math.floor(time + 1e-9);
    drawScene($("screen"), this.level, attempt, time, this.data.look, this.tones);
    $("over").hidden = step < attempt.steps;
    $("scrub").value = step;
    $("scrub").setAttribute("aria-valuetext", `${(time * attempt.seconds).toFixed(1)} seconds`);
    $("time").textContent = (time * attempt.seconds).toFixed(2) + " s";
    $("step").textContent = `${step} / ${attempt.steps}`;
    $("reward").textContent = step ? signed(attempt.reward[step - 1]) : "–";
    $("return").textContent = signed(attempt.total[step]);
    for (const meter of this.meters) meter(time);
    this.drawChart();
  }

  // The return so far over the attempt, and a line at the present time.
  drawChart() {
    const canvas = $("chart"), c = fit(canvas), ratio = window.devicePixelRatio || 1;
    const { total, steps } = this.attempt, style = getComputedStyle(document.documentElement);
    const low = Math.min(0, ...total), high = Math.max(0.1, ...total), pad = 7 * ratio;
    const x = (i) => pad + (i / Math.max(steps, 1)) * (canvas.width - 2 * pad);
    const y = (v) => canvas.height - pad - ((v - low) / (high - low)) * (canvas.height - 2 * pad);
    const path = (until) => {
      c.beginPath();
      for (let i = 0; i <= until; i++) i ? c.lineTo(x(i), y(total[i])) : c.moveTo(x(0), y(total[0]));
    };
    c.clearRect(0, 0, canvas.width, canvas.height);
    c.lineWidth = ratio;
    c.strokeStyle = style.getPropertyValue("--edge");
    c.beginPath();
    c.moveTo(pad, y(0));
    c.lineTo(canvas.width - pad, y(0));
    c.stroke();
    c.lineJoin = "round";
    c.lineWidth = 1.5 * ratio;
    c.strokeStyle = style.getPropertyValue("--muted");
    c.globalAlpha = 0.5;
    path(steps);
    c.stroke();
    c.globalAlpha = 1;
    c.strokeStyle = style.getPropertyValue("--accent");
    c.lineWidth = 2 * ratio;
    path(Math.floor(this.time));
    c.stroke();
    c.beginPath();
    c.moveTo(x(this.time), 0);
    c.lineTo(x(this.time), canvas.height);
    c.stroke();
  }

  // One bar for each input that drives something, in its colour.
  buildMeters() {
    const box = $("inputs"), tones = this.tones;
    box.replaceChildren();
    this.meters = [];
    const add = (title, tone, both, slot) => {
      const row = document.createElement("div");
      row.className = "input";
      row.innerHTML = `<b></b><span class="meter${both ? " both" : ""}"><i></i></span>`;
      row.querySelector("b").textContent = title;
      row.style.setProperty("--tone", tone);
      box.append(row);
      const bar = row.querySelector("i").style;
      this.meters.push((time) => {
        const value = this.attempt.control(slot, time);
        const size = Math.min(Math.abs(value), 1) * (both ? 50 : 100);
        bar.left = both ? `${value < 0 ? 50 - size : 50}%` : "0";
        bar.width = `${size}%`;
      });
    };
    const seen = new Set();
    const byInput = (parts) => [...parts].sort((p, q) => p.input - q.input);
    for (const part of byInput(this.level.drawing.joints)) {
      const key = part.auto ? "auto" : `m${part.input}`;
      if (!part.motor || seen.has(key)) continue;
      seen.add(key);
      const title = part.auto ? "motor (automatic)" : `motor ${part.input + 1}`;
      add(title, tones.inputs[part.input % 4], true, part.slot);
    }
    for (const part of byInput(this.level.drawing.thrusters)) {
      if (seen.has(`t${part.input}`)) continue;
      seen.add(`t${part.input}`);
      add(`thruster ${part.input + 1}`, tones.inputs[part.input % 4], false, part.slot);
    }
  }
}
