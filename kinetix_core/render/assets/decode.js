// Recorded numbers: base64 of differences, zigzag, 7 bits a byte with the low bits first.

function unpack(text, columns, scale) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const numbers = [];
  for (let i = 0; i < bytes.length; ) {
    let value = 0, unit = 1, byte;
    do {
      byte = bytes[i++];
      value += (byte & 127) * unit;
      unit *= 128;
    } while (byte & 128);
    numbers.push(value % 2 ? -(value + 1) / 2 : value / 2);
  }
  const out = new Float64Array(numbers.length);
  for (let k = 0; k < numbers.length; k++) {
    numbers[k] += k >= columns ? numbers[k - columns] : 0;
    out[k] = numbers[k] / scale;
  }
  return out;
}

// One attempt as the player wants it. Pose columns: x, y, angle of each moving body.
function openAttempt(level, attempt, scale) {
  if (attempt.open) return attempt.open;
  const slots = level.drawing.joints.concat(level.drawing.thrusters);
  const reward = unpack(attempt.reward, 1, scale.reward);
  const total = new Float64Array(attempt.steps + 1);
  for (let i = 0; i < attempt.steps; i++) total[i + 1] = total[i] + reward[i];
  const width = attempt.moving.length * 3;
  const motion = unpack(attempt.motion, width, scale.motion);
  const all = unpack(attempt.controls, attempt.inputs, scale.controls);
  const column = new Map(attempt.moving.map((body, k) => [body, 3 * k]));

  // Where the bodies are at a time in steps, between frames in a straight line.
  function pose(time) {
    const i = Math.min(Math.floor(time), attempt.steps), part = time - i;
    const next = Math.min(i + 1, attempt.steps), places = new Map();
    for (const body of level.drawing.bodies) {
      const k = column.get(body.index);
      if (k === undefined) {
        places.set(body.index, { x: body.position[0], y: body.position[1], a: body.angle });
        continue;
      }
      const at = (n) => motion[i * width + k + n] * (1 - part) + motion[next * width + k + n] * part;
      places.set(body.index, { x: at(0), y: at(1), a: at(2) });
    }
    return places;
  }
  // What drives a joint or thruster (by slot) at a time; nothing once the attempt is over.
  const control = (slot, time) =>
    time >= attempt.steps ? 0 : all[Math.floor(time) * attempt.inputs + slot];
  const trail = (body, until) => {
    const k = column.get(body), points = [];
    if (k === undefined) return points;
    for (let i = 0; i <= until; i++) points.push([motion[i * width + k], motion[i * width + k + 1]]);
    return points;
  };
  attempt.open = { steps: attempt.steps, seconds: attempt.seconds, reward, total, pose, control, trail, slots };
  return attempt.open;
}
