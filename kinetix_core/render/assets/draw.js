// One frame of a level on a canvas, in metres with y up. The same look as the vector pictures.

function point(place, anchor) {
  const c = Math.cos(place.a), s = Math.sin(place.a);
  return [place.x + c * anchor[0] - s * anchor[1], place.y + s * anchor[0] + c * anchor[1]];
}

function outline(c, body) {
  c.beginPath();
  if (body.radius !== undefined) {
    c.arc(0, 0, Math.max(body.radius - 0.011, 0.005), 0, 2 * Math.PI);
    return;
  }
  body.vertices.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.closePath();
}

function drawBody(c, body, place, look, tones) {
  const plain = body.wall && !body.role;
  c.save();
  c.translate(place.x, place.y);
  c.rotate(place.a);
  outline(c, body);
  c.fillStyle = plain ? tones.wall : tones[body.fixated ? "fixated" : "roles"][body.role];
  c.fill();
  if (body.fixated && !body.wall) {
    c.save();
    c.clip();
    drawHatch(c, body, look, tones.hatch[body.role]);
    c.restore();
    outline(c, body);
  }
  if (body.radius !== undefined) {
    c.moveTo(0, 0);
    c.lineTo(0, body.radius - 0.011);
  }
  c.strokeStyle = plain ? tones.wall : tones.roleLines[body.role];
  c.lineWidth = look.outline;
  c.stroke();
  c.restore();
}

function drawHatch(c, body, look, tone) {
  const reach = body.radius ?? Math.max(...body.vertices.map(([x, y]) => Math.hypot(x, y)));
  c.beginPath();
  for (let k = Math.ceil(-reach / look.hatchStep); k * look.hatchStep <= reach; k++) {
    const d = k * look.hatchStep;
    const half = Math.SQRT1_2 * reach, shift = Math.SQRT1_2 * d;
    c.moveTo(shift + half, shift - half);
    c.lineTo(shift - half, shift + half);
  }
  c.strokeStyle = tone;
  c.lineWidth = look.hatchWidth;
  c.stroke();
}

function drawThruster(c, part, place, push, look, tones) {
  const [x, y] = point(place, part.anchor), n = look.nozzle;
  c.save();
  c.translate(x, y);
  c.rotate(part.angle + place.a);
  if (push > 0) {
    // The flame flickers with the position, so that it lives but is the same at every replay.
    const flicker = 0.94 + 0.06 * Math.sin(90 * (x + y));
    const length = look.flame * push * Math.min(Math.max(part.power, 0.5), 2) * flicker;
    for (const [scale, tone] of [[1, tones.inputs[3]], [0.6, "#fff3c4"]]) {
      const w = 0.8 * n * scale, back = -n * 0.5 - length * scale, bend = -n * 0.5 - 0.4 * length * scale;
      c.beginPath();
      c.moveTo(-0.5 * n, w);
      c.quadraticCurveTo(bend, w, back, 0);
      c.quadraticCurveTo(bend, -w, -0.5 * n, -w);
      c.fillStyle = tone;
      c.fill();
    }
  }
  c.beginPath();
  c.moveTo(-0.6 * n, 0.85 * n);
  c.lineTo(n, 0.4 * n);
  c.lineTo(n, -0.4 * n);
  c.lineTo(-0.6 * n, -0.85 * n);
  c.closePath();
  c.fillStyle = tones.inputs[part.input % tones.inputs.length];
  c.strokeStyle = tones.line;
  c.lineWidth = 0.018;
  c.lineJoin = "round";
  c.fill();
  c.stroke();
  c.restore();
}

function drawJoint(c, part, a, b, drive, look, tones) {
  const [x, y] = point(a, part.anchorA), r = look.joint;
  c.save();
  c.translate(x, y);
  c.lineWidth = 0.018;
  c.strokeStyle = tones.line;
  if (part.welded) {
    const h = 0.75 * r;
    c.beginPath();
    c.rect(-h, -h, 2 * h, 2 * h);
    c.fillStyle = tones.pin;
    c.fill();
    c.moveTo(-h, -h); c.lineTo(h, h);
    c.moveTo(-h, h); c.lineTo(h, -h);
    c.stroke();
    c.restore();
    return;
  }
  if (part.limits) drawLimits(c, part, a, b, look, tones);
  if (part.motor) drawArrow(c, part, drive, look, tones);
  c.lineWidth = 0.018;
  c.strokeStyle = tones.line;
  c.beginPath();
  c.arc(0, 0, r, 0, 2 * Math.PI);
  c.fillStyle = part.motor ? tones.inputs[part.input % tones.inputs.length] : tones.pin;
  c.fill();
  c.stroke();
  c.beginPath();
  c.arc(0, 0, 0.3 * r, 0, 2 * Math.PI);
  c.fillStyle = tones.line;
  c.fill();
  c.restore();
}

// An arc over the angles that body b may take, and a needle at its present angle.
function drawLimits(c, part, a, b, look, tones) {
  const [bx, by] = part.anchorB, r = look.limit;
  const ahead = Math.hypot(bx, by) > 0.02 ? Math.atan2(-by, -bx) : Math.PI / 2;
  const base = a.a + part.rest + ahead, needle = b.a + ahead;
  const low = base + part.limits[0];
  const high = base + Math.min(part.limits[1], part.limits[0] + 2 * Math.PI);
  c.save();
  c.globalAlpha = 0.75;
  c.strokeStyle = tones.sketch;
  c.lineWidth = 0.016;
  c.beginPath();
  c.arc(0, 0, r, low, high, high < low);
  for (const end of [low, high]) {
    c.moveTo(0.8 * r * Math.cos(end), 0.8 * r * Math.sin(end));
    c.lineTo(1.2 * r * Math.cos(end), 1.2 * r * Math.sin(end));
  }
  c.moveTo(0, 0);
  c.lineTo(r * Math.cos(needle), r * Math.sin(needle));
  c.stroke();
  c.restore();
}

// Which way the motor turns body b against body a; pale, both ways, while it rests.
function drawArrow(c, part, drive, look, tones) {
  const r = look.arrow, tip = 0.055;
  const turn = (drive > 0 ? 1 : -1) * (part.backwards ? -1 : 1);
  const tone = drive ? tones.inputs[part.input % tones.inputs.length] : tones.idle;
  const start = Math.PI / 2 - 1.9 * turn, end = Math.PI / 2 + 1.9 * turn;
  const sweep = () => {
    c.beginPath();
    c.arc(0, 0, r, start, end, turn < 0);
    c.stroke();
  };
  c.save();
  c.globalAlpha = 0.35;
  c.lineWidth = 0.05;
  sweep();
  c.globalAlpha = 1;
  c.strokeStyle = c.fillStyle = tone;
  c.lineWidth = drive ? 0.028 : 0.02;
  sweep();
  for (const [angle, way] of drive ? [[end, turn]] : [[end, turn], [start, -turn]]) {
    const ahead = angle + (1.3 * way * tip) / r;
    c.beginPath();
    c.moveTo(r * Math.cos(ahead), r * Math.sin(ahead));
    c.lineTo((r + tip) * Math.cos(angle), (r + tip) * Math.sin(angle));
    c.lineTo((r - tip) * Math.cos(angle), (r - tip) * Math.sin(angle));
    c.fill();
  }
  c.restore();
}

function drawTrails(c, level, attempt, time, tones) {
  c.save();
  c.setLineDash([0.02, 0.07]);
  c.lineCap = "round";
  c.lineWidth = 0.03;
  c.globalAlpha = 0.45;
  c.strokeStyle = tones.trail;
  for (const body of level.drawing.bodies) {
    if (body.role !== 1 || body.wall) continue;
    c.beginPath();
    attempt.trail(body.index, Math.floor(time)).forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
    c.stroke();
  }
  c.restore();
}

// Fit a canvas to its place on the page, at the screen's own resolution.
function fit(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  return canvas.getContext("2d");
}

// `attempt` as openAttempt gives it; `time` in steps.
function drawScene(canvas, level, attempt, time, look, tones) {
  const c = fit(canvas), view = look.view;
  const unit = Math.min(canvas.width / (view.right - view.left), canvas.height / (view.top - view.bottom));
  c.setTransform(1, 0, 0, 1, 0, 0);
  c.fillStyle = tones.wall;
  c.fillRect(0, 0, canvas.width, canvas.height);
  c.setTransform(unit, 0, 0, -unit, -view.left * unit, view.top * unit);
  c.fillStyle = tones.room;
  c.fillRect(0, 0, 5, 5);
  c.beginPath();
  for (let k = 1; k < 5; k++) {
    c.moveTo(k, 0); c.lineTo(k, 5);
    c.moveTo(0, k); c.lineTo(5, k);
  }
  c.strokeStyle = tones.grid;
  c.lineWidth = 0.012;
  c.stroke();
  c.lineJoin = c.lineCap = "round";
  const places = attempt.pose(time), { bodies, joints, thrusters } = level.drawing;
  const at = (index) => places.get(index) ?? { x: 0, y: 0, a: 0 };
  drawTrails(c, level, attempt, time, tones);
  for (const body of bodies) drawBody(c, body, at(body.index), look, tones);
  for (const part of thrusters) drawThruster(c, part, at(part.body), attempt.control(part.slot, time), look, tones);
  for (const part of joints) drawJoint(c, part, at(part.a), at(part.b), attempt.control(part.slot, time), look, tones);
}
