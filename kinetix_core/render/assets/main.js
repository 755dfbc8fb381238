// Start: read the data, wire the controls. `#name` or `#name@seconds` in the address opens there.

const data = JSON.parse($("data").textContent);
const player = new Player(data);
let levels;

function choose(level, attempt, scroll) {
  const again = player.playing || scroll;
  player.pause();
  player.show(level, attempt);
  if (scroll && $("screen").getBoundingClientRect().top < 0) document.querySelector(".stage").scrollIntoView();
  if (again && !window.matchMedia("(prefers-reduced-motion: reduce)").matches) player.play();
}

// The attempt before or after this one, in the order of the grid.
function move(by) {
  const all = levels.shown().flatMap((level) => level.attempts.map((attempt) => [level, attempt]));
  if (!all.length) return;
  const here = all.findIndex(([, attempt]) => attempt === player.source);
  choose(...all[(here + by + all.length) % all.length], false);
}

function faster(by) {
  const select = $("speed");
  select.selectedIndex = Math.min(Math.max(select.selectedIndex + by, 0), select.options.length - 1);
  player.speed = Number(select.value);
}

function showAttempts(level, current) {
  $("attempts").hidden = level.attempts.length < 2;
  $("attempts").replaceChildren(...level.attempts.map((attempt) => {
    const button = document.createElement("button");
    const label = attempt.label || `attempt ${level.attempts.indexOf(attempt) + 1}`;
    button.textContent = label;
    button.className = KIND[attempt.outcome];
    button.title = WORD[attempt.outcome];
    button.setAttribute("aria-label", `${label}: ${WORD[attempt.outcome]}`);
    button.setAttribute("aria-pressed", String(attempt === current));
    button.addEventListener("click", () => choose(level, attempt, false));
    return button;
  }));
}

const KEYS = {
  " ": () => player.toggle(),
  ArrowLeft: (event) => player.step(event.shiftKey ? -10 : -1),
  ArrowRight: (event) => player.step(event.shiftKey ? 10 : 1),
  Home: () => player.step(-Infinity),
  End: () => player.step(Infinity),
  n: () => move(1),
  p: () => move(-1),
  "+": () => faster(1),
  "=": () => faster(1),
  "-": () => faster(-1),
};

function wire() {
  $("play").addEventListener("click", () => player.toggle());
  $("screen").addEventListener("click", () => player.toggle());
  $("first").addEventListener("click", () => player.step(-Infinity));
  $("back").addEventListener("click", () => player.step(-1));
  $("forward").addEventListener("click", () => player.step(1));
  $("previous").addEventListener("click", () => move(-1));
  $("next").addEventListener("click", () => move(1));
  $("speed").addEventListener("change", () => faster(0));
  $("scrub").addEventListener("input", () => {
    player.pause();
    player.seek(Number($("scrub").value));
  });
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
    const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
  new ResizeObserver(() => player.draw()).observe($("screen"));
  player.dark.addEventListener("change", () => {
    player.show(player.level, player.source, player.time);
    levels.repaint();
  });
}

// What stands behind the # of the address; as it is, where it is no encoded text (`#100%`).
function place() {
  const written = location.hash.slice(1);
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

function start() {
  const roles = document.querySelectorAll(".legend i");
  roles.forEach((mark, k) => (mark.style.background = player.tones.roles[k + 1]));
  if (!data.levels.length) {
    document.querySelector("main").innerHTML = '<p class="empty">Nothing was recorded.</p>';
    return;
  }
  player.onshow = (level, attempt) => {
    levels.mark(level);
    showAttempts(level, attempt);
  };
  levels = new Levels(data, player, choose);
  const [name, seconds] = place().split("@");
  const level = data.levels.find((l) => l.name === name) ?? data.levels[0];
  const attempt = level.attempts[level.attempts.length - 1];
  player.show(level, attempt, (Number(seconds) || 0) / attempt.seconds);
  wire();
}

start();
document.documentElement.dataset.ready = "true";
