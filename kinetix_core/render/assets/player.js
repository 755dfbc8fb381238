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

  // Above the return so far, below it the reward of each step, and a line at the present time.
  drawChart() {
    const canvas = $("chart"), c = fit(canvas), ratio = window.devicePixelRatio || 1;
    const { total, steps } = this.attempt, style = getComputedStyle(document.documentElement);
    const low = Math.min(0, ...total), high = Math.max(0.1, ...total), pad = 7 * ratio;
    const bars = canvas.height - 12 * ratio, room = bars - 15 * ratio - pad;
    const x = (i) => pad + (i / Math.max(steps, 1)) * (canvas.width - 2 * pad);
    const y = (v) => pad + (1 - (v - low) / (high - low)) * room;
    const line = (...points) => {
      c.beginPath();
      points.forEach(([px, py], i) => (i ? c.lineTo(px, py) : c.moveTo(px, py)));
      c.stroke();
    };
    const path = (until) => line(...Array.from(total.subarray(0, until + 1), (v, i) => [x(i), y(v)]));
    c.clearRect(0, 0, canvas.width, canvas.height);
    c.lineWidth = ratio;
    c.strokeStyle = style.getPropertyValue("--edge");
    for (const zero of [y(0), bars]) line([pad, zero], [canvas.width - pad, zero]);
    this.drawRewards(c, x, bars, 9 * ratio, style);
    c.lineJoin = "round";
    c.lineWidth = 1.5 * ratio;
    c.strokeStyle = style.getPropertyValue("--muted");
    c.globalAlpha = 0.5;
    path(steps);
    c.globalAlpha = 1;
    c.strokeStyle = style.getPropertyValue("--accent");
    c.lineWidth = 2 * ratio;
    path(Math.floor(this.time));
    line([x(this.time), 0], [x(this.time), canvas.height]);
  }

  // A bar for each step, green up and red down; what is far out of the usual, as the +1 of the
  // goal, is cut off, so that the rest can be seen.
  drawRewards(c, x, zero, reach, style) {
    const { reward } = this.attempt, sizes = Array.from(reward, Math.abs).sort((p, q) => p - q);
    const usual = Math.max(sizes[Math.floor(0.95 * (sizes.length - 1))] ?? 0, 1e-3);
    reward.forEach((value, i) => {
      const size = Math.min(Math.abs(value) / usual, 1) * reach;
      c.globalAlpha = i < this.time ? 1 : 0.45;
      c.fillStyle = style.getPropertyValue(value > 0 ? "--solved" : "--failed");
      c.fillRect(x(i), value > 0 ? zero - size : zero, Math.max((x(1) - x(0)) * 0.8, 1), size);
    });
    c.globalAlpha = 1;
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
      const title = part.auto ? "motor (automatic)" : `motor ${part.input}`;
      add(title, tones.inputs[part.input % 4], true, part.slot);
    }
    for (const part of byInput(this.level.drawing.thrusters)) {
      if (seen.has(`t${part.input}`)) continue;
      seen.add(`t${part.input}`);
      add(`thruster ${part.input}`, tones.inputs[part.input % 4], false, part.slot);
    }
  }
}
