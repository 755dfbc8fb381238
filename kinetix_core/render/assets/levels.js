// The grid of levels, what of it is shown, and the table of numbers.

// A name that may be broken after its underscores and slashes.
const breakable = (name) => name.replace(/[_/]/g, "$&\u200b");
const percent = (value) => `${Math.round(100 * value)} %`;
const exactly = (value) => `${(100 * value).toFixed(1)} %`;
const NUMBERS = {
  level: ["level", (v) => v],
  attempts: ["attempts", (v) => v],
  solved: ["solved", (v) => v],
  solve_rate: ["solve rate", percent],
  low: ["from", percent],
  high: ["to", percent],
  mean_return: ["mean return", (v) => v.toFixed(3)],
  mean_length: ["mean length", (v) => v.toFixed(1)],
  best_return: ["best return", (v) => v.toFixed(3)],
  touched_red: ["touched red", (v) => v],
  time_limit: ["time limit", (v) => v],
  nan: ["not a number", (v) => v],
};

class Levels {
  constructor(data, player, choose) {
    this.data = data;
    this.player = player;
    this.choose = choose;
    this.rows = new Map(data.summary.map((row) => [row.level, row]));
    this.filter = "all";
    this.order = "given";
    this.cards = new Map(data.levels.map((level) => [level, this.card(level)]));
    this.watch = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) this.paint(entry.target.level);
    }, { rootMargin: "200px" });
    for (const card of this.cards.values()) this.watch.observe(card);
    this.buildTools();
    this.buildFacts();
    this.buildTable();
    this.arrange();
  }

  rate(level) { return this.rows.get(level.name)?.solve_rate; }

  // Solved at least once in what is known: all attempts where there are numbers, else recordings.
  everSolved(level) {
    return this.rate(level) !== undefined ? this.rate(level) > 0 : level.attempts.some((a) => a.outcome === "solved");
  }

  card(level) {
    const card = document.createElement("button"), row = this.rows.get(level.name);
    const last = level.attempts[level.attempts.length - 1];
    card.className = "card";
    card.level = level;
    card.innerHTML = '<canvas></canvas><span class="label"></span><span class="score"></span>';
    card.querySelector(".label").textContent = breakable(level.name);
    const score = card.querySelector(".score");
    if (row) {
      score.textContent = `${row.solved} of ${row.attempts} solved`;
      const bar = document.createElement("span");
      bar.className = "rate";
      bar.title = `${percent(row.solve_rate)}, interval ${percent(row.low)} to ${percent(row.high)}`;
      bar.innerHTML = `<i style="width:${100 * row.solve_rate}%"></i><u style="left:${100 * row.low}%;width:${100 * (row.high - row.low)}%"></u>`;
      card.append(bar);
    } else {
      score.innerHTML = `<span class="badge ${KIND[last.outcome]}"></span>`;
      score.firstChild.textContent = WORD[last.outcome].replace("failed: ", "");
    }
    card.addEventListener("click", () => this.choose(level, last, true));
    return card;
  }

  paint(level) {
    const still = { pose: (t) => first.pose(t), control: () => 0, trail: () => [] };
    const first = openAttempt(level, level.attempts[0], this.data.scale);
    drawScene(this.cards.get(level).querySelector("canvas"), level, still, 0, this.data.look, this.player.tones);
    this.cards.get(level).painted = true;
  }

  repaint() {
    for (const [level, card] of this.cards) if (card.painted && card.isConnected) this.paint(level);
  }

  shown() {
    const keep = { all: () => true, solved: (l) => this.everSolved(l), unsolved: (l) => !this.everSolved(l) };
    const levels = this.data.levels.filter(keep[this.filter]);
    const rate = (level) => this.rate(level) ?? 0;
    if (this.order === "hard") levels.sort((a, b) => rate(a) - rate(b));
    if (this.order === "easy") levels.sort((a, b) => rate(b) - rate(a));
    if (this.order === "name") levels.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    return levels;
  }

  arrange() {
    const levels = this.shown(), grid = $("grid");
    grid.replaceChildren(...levels.map((level) => this.cards.get(level)));
    // What is seen first is there at once; the others when they come into view.
    for (const level of levels.slice(0, 24)) if (!this.cards.get(level).painted) this.paint(level);
    if (!levels.length) {
      grid.innerHTML = '<p class="empty">No level here.</p>';
    }
  }

  mark(level) {
    for (const [other, card] of this.cards) card.setAttribute("aria-current", String(other === level));
  }

  buildTools() {
    const solved = this.data.levels.filter((l) => this.everSolved(l)).length, all = this.data.levels.length;
    const choices = [["all", `all ${all}${this.data.sets.reduce((sum, set) => sum + set.levels, 0) > all ? " here" : ""}`], ["solved", `solved ${solved}`], ["unsolved", `never solved ${all - solved}`]];
    const buttons = choices.map(([key, text]) => {
      const button = document.createElement("button");
      button.textContent = text;
      button.addEventListener("click", () => {
        this.filter = key;
        buttons.forEach((b, i) => b.setAttribute("aria-pressed", String(choices[i][0] === key)));
        this.arrange();
      });
      button.setAttribute("aria-pressed", String(key === "all"));
      return button;
    });
    $("filters").append(...buttons);
    const orders = [["given", "as given"], ["name", "name"]];
    if (this.rows.size) orders.push(["hard", "hardest first"], ["easy", "easiest first"]);
    for (const [key, text] of orders) $("order").add(new Option(text, key));
    $("order").addEventListener("change", () => {
      this.order = $("order").value;
      this.arrange();
    });
  }

  // Sets of an evaluation bring the numbers over all their levels; else those shown are all.
  sets() {
    if (this.data.sets.length || !this.rows.size) return this.data.sets;
    const rates = [...this.rows.values()].map((row) => row.solve_rate), levels = rates.length;
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / levels;
    return [{ set: "", levels, solve_rate: mean, solved_at_least_once: rates.filter((rate) => rate > 0).length }];
  }

  // Each fact: its name, the number, and what is said smaller beside it.
  facts() {
    const sets = this.sets(), shown = this.data.levels.length;
    const all = this.data.sets.reduce((sum, set) => sum + set.levels, 0), part = all > shown;
    const here = shown ? `${shown} of them to watch, solved ones first` : "none recorded";
    const facts = [["levels", part ? all : shown, part ? here : ""]];
    for (const { set, levels, solve_rate, solved_at_least_once: once } of sets) {
      if (sets.length > 1) facts.push([set, exactly(solve_rate), `mean solve rate; ${once} of ${levels} solved at least once`]);
      else facts.push(["mean solve rate", exactly(solve_rate), part ? `of all ${all}` : ""], ["solved at least once", once, `of ${levels}`]);
    }
    if (this.rows.size) facts.push(["attempts per level", Math.max(...[...this.rows.values()].map((row) => row.attempts)), ""]);
    return facts;
  }

  buildFacts() {
    for (const [name, number, more] of this.facts()) {
      const box = document.createElement("div");
      box.innerHTML = "<dt></dt><dd><span></span> <small></small></dd>";
      [name, number, more].forEach((text, i) => { box.querySelectorAll("dt, span, small")[i].textContent = text; });
      $("facts").append(box);
    }
  }

  buildTable() {
    if (!this.rows.size) return;
    $("table-part").hidden = false;
    const keys = Object.keys(this.data.summary[0]);
    const cell = (row, tag, key) => {
      const element = document.createElement(tag), [title, write] = NUMBERS[key] ?? [key, String];
      element.textContent = tag === "th" ? title : write(row[key]);
      return element;
    };
    const head = document.createElement("tr");
    head.append(...keys.map((key) => cell(null, "th", key)));
    const body = document.createElement("tbody");
    for (const row of this.data.summary) {
      const line = document.createElement("tr");
      line.append(...keys.map((key) => cell(row, "td", key)));
      const level = this.data.levels.find((l) => l.name === row.level);
      if (level) line.addEventListener("click", () => this.choose(level, level.attempts[level.attempts.length - 1], true));
      body.append(line);
    }
    const top = document.createElement("thead");
    top.append(head);
    $("table").append(top, body);
  }
}
