// One physics step of a chunk, in the published order: spec/physics.md 6.
#pragma once

#include "collide_circles.h"
#include "contacts.h"
#include "drives.h"
#include "pairs.h"

namespace kinetix {

inline void load_scenes(Chunk& chunk) {
  const Plan& plan = chunk.plan;
  const Sizes& sizes = chunk.sizes;
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const Rows& rows = chunk.rows[scene];
    const int32_t* words = rows.integers + plan.body_words;
    for (int number = 0; number < sizes.bodies; ++number)
      load_body(chunk, rows, number, chunk.body(scene, number));
    for (int p = 0; p < sizes.polygons; ++p)
      load_polygon(chunk, rows, p, scene * sizes.polygons + p, field(words[p], 1) == 3);
    for (int c = 0; c < sizes.circles; ++c)
      chunk.place[chunk.body(scene, sizes.polygons + c)][3] = rows.constant[plan.radii + c];
    load_filters(chunk, rows, scene);
    memcpy(chunk.scene_remembered(scene), rows.integers + plan.memory_words,
           sizeof(int32_t) * sizes.memory_words);
  }
  chunk.idle_body = chunk.scenes * sizes.bodies;
  chunk.place[chunk.idle_body] = chunk.velocity[chunk.idle_body] = quad{};
  chunk.material[chunk.idle_body] = chunk.mass[chunk.idle_body] = quad{};
  chunk.pose[chunk.idle_body] = quad{};
  measure_polygons(chunk);
  load_joints(chunk);
  load_thrusters(chunk);
}

// 6.1: also for slots that are not in use.
inline void apply_gravity(Chunk& chunk) {
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const float* g = chunk.rows[scene].constant + chunk.plan.gravity;
    float dt = chunk.parameters.dt;
    quad fall = {g[0] * dt, g[1] * dt, 0.0f, 0.0f};
    for (int number = 0; number < chunk.sizes.bodies; ++number) {
      int body = chunk.body(scene, number);
      if (!is_fixated(chunk, body)) chunk.velocity[body] += fall;
    }
  }
}

inline void find_contacts(Chunk& chunk) {
  update_poses(chunk);
  place_polygons(chunk);
  update_boxes(chunk);
  find_pairs(chunk);
  chunk.found_count = 0;
  collide_polygons(chunk);
  collide_circles_with_polygons(chunk);
  collide_circles(chunk);
}

// The impulses of one round, added to their bodies. x, y act on b, and their opposite on a.
INLINE void apply_impulses(Chunk& chunk, const Round& round) {
  const quad* impulses = chunk.impulses;
  for (int i = 0; i < round.count; ++i) {
    const ContactBlock& block = chunk.blocks[round.first_block + i / LANES];
    int a = block.first[i % LANES], b = block.second[i % LANES];
    quad impulse = impulses[i];
    chunk.velocity[a] -= impulse * chunk.mass[a];
    quad on_b = {impulse[0], impulse[1], impulse[3], impulse[3]};
    chunk.velocity[b] += on_b * chunk.mass[b];
  }
}

INLINE void add_block_impulses(const ContactBlock& block, vec normal, vec tangent, quad* to) {
  scatter(fma(normal, block.normal_x, tangent * block.normal_y),
          fma(normal, block.normal_y, -(tangent * block.normal_x)),
          fma(normal, block.arm_na, tangent * block.arm_ta),
          fma(normal, block.arm_nb, tangent * block.arm_tb), to);
}

inline void warm_start_contacts(Chunk& chunk) {
  for (int r = 0; r < chunk.round_count; ++r) {
    const Round& round = chunk.rounds[r];
    for (int i = 0; i < round.count; i += LANES) {
      const ContactBlock& block = chunk.blocks[round.first_block + i / LANES];
      add_block_impulses(block, block.normal_impulse, block.tangent_impulse, chunk.impulses + i);
    }
    apply_impulses(chunk, round);
  }
}

// 6.6b for LANES contacts: the change of the accumulated impulses, and what it does to the bodies.
INLINE void solve_block(const Chunk& chunk, ContactBlock& block, quad* impulses) {
  vec a[4], b[4];
  if (block.live) {
    gather(chunk.place, block.first, a);
    gather(chunk.place, block.second, b);
    update_arms(block, a[0], a[1], b[0], b[1]);
  }
  gather(chunk.velocity, block.first, a);
  gather(chunk.velocity, block.second, b);
  vec dx = b[0] - a[0], dy = b[1] - a[1];
  vec vn = fma(b[2], block.arm_nb, fma(-a[2], block.arm_na, dot(dx, dy, block.normal_x, block.normal_y)));
  vec vt = fma(b[2], block.arm_tb, fma(-a[2], block.arm_ta, cross(dx, dy, block.normal_x, block.normal_y)));

  vec normal_impulse =
      at_least(fma(block.target - vn, block.inverse_kn, block.normal_impulse), splat(0));
  vec normal = normal_impulse - block.normal_impulse;
  vt = fma(normal, block.coupling, vt);
  vec limit = block.friction * normal_impulse;
  vec tangent_impulse =
      clamp(fma(-vt, block.inverse_kt, block.tangent_impulse), -limit, limit);
  vec tangent = tangent_impulse - block.tangent_impulse;
  block.normal_impulse = normal_impulse;
  block.tangent_impulse = tangent_impulse;
  add_block_impulses(block, normal, tangent, impulses);
}

INLINE void zero_impulses(Chunk& chunk, const int32_t* positions, int count) {
  for (int i = 0; i < count; ++i) {
    ContactBlock& block = chunk.blocks[positions[i] / LANES];
    block.normal_impulse[positions[i] % LANES] = 0.0f;
    block.tangent_impulse[positions[i] % LANES] = 0.0f;
  }
}

// Contacts of a round are solved from the same velocities; then all changes are added.
inline void solve_contacts(Chunk& chunk) {
  for (int r = 0; r < chunk.round_count; ++r) {
    const Round& round = chunk.rounds[r];
    for (int i = 0; i < round.count; i += LANES)
      solve_block(chunk, chunk.blocks[round.first_block + i / LANES], chunk.impulses + i);
    apply_impulses(chunk, round);
  }
  zero_impulses(chunk, chunk.forgets, chunk.forget_count);
}

inline void store_impulses(Chunk& chunk) {
  for (int r = 0; r < chunk.round_count; ++r)
    for (int i = 0; i < chunk.rounds[r].count; ++i) {
      const ContactBlock& block = chunk.blocks[chunk.rounds[r].first_block + i / LANES];
      const Found& found = chunk.found[block.found[i % LANES]];
      float* impulse = chunk.rows[found.scene].moving + chunk.plan.impulses + 2 * found.slot;
      impulse[0] = block.normal_impulse[i % LANES];
      impulse[1] = block.tangent_impulse[i % LANES];
    }
}

// 6.8 and 6.9: positions advance with velocities that are not clipped yet; angles are not clipped.
inline void integrate(Chunk& chunk) {
  const Parameters& parameters = chunk.parameters;
  const float p = parameters.clip_position, v = parameters.clip_velocity;
  const float w = parameters.clip_angular_velocity, none = __builtin_inff();
  for (int i = 0; i < chunk.scenes * chunk.sizes.bodies; ++i) {
    quad place = chunk.place[i] + chunk.velocity[i] * parameters.dt;
    quad far = {p, p, none, none}, fast = {v, v, w, none};
    quad velocity = chunk.velocity[i];
    place = -far > place ? -far : place;
    chunk.place[i] = far < place ? far : place;
    velocity = -fast > velocity ? -fast : velocity;
    chunk.velocity[i] = fast < velocity ? fast : velocity;
  }
}

// One byte per flag of a table.
INLINE uint8_t* write_flags(const uint32_t* words, int count, uint8_t* to) {
  for (int i = 0; i < count; ++i) to[i] = words[i >> 5] >> (i & 31) & 1;
  return to + count;
}

inline void write_trace(Chunk& chunk, int step) {
  const Sizes& sizes = chunk.sizes;
  int pairs = sizes.rows[0] + sizes.rows[1] + sizes.rows[2];
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const Rows& rows = chunk.rows[scene];
    uint8_t* flags = rows.touching + step * pairs;
    for (int table = 0; table < TABLES; ++table)
      flags = write_flags(chunk.scene_touching(scene) + sizes.first_word[table], sizes.rows[table],
                          flags);
    float* positions = rows.positions + 2 * step * sizes.bodies;
    for (int number = 0; number < sizes.bodies; ++number)
      memcpy(positions + 2 * number, &chunk.place[chunk.body(scene, number)], 2 * sizeof(float));
  }
}

inline void step(Chunk& chunk, int number) {
  apply_gravity(chunk);
  find_contacts(chunk);
  prepare_contacts(chunk);
  prepare_joints(chunk);
  apply_motors(chunk);
  apply_thrusters(chunk);
  if (chunk.plan.warm_starting) {
    warm_start_contacts(chunk);
    warm_start_joints(chunk);
  }
  zero_impulses(chunk, chunk.forgets_early, chunk.forget_early_count);
  for (int i = 0; i < chunk.plan.iterations; ++i) {
    solve_joints(chunk);
    solve_contacts(chunk);
  }
  store_impulses(chunk);
  integrate(chunk);
  write_trace(chunk, number);
}

inline void store_scenes(Chunk& chunk) {
  const Sizes& sizes = chunk.sizes;
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const Rows& rows = chunk.rows[scene];
    for (int number = 0; number < sizes.bodies; ++number)
      store_body(chunk, rows, number, chunk.body(scene, number));
    memcpy(rows.integers + chunk.plan.touching_words, chunk.scene_touching(scene),
           sizeof(int32_t) * sizes.touching_words);
    memcpy(rows.integers + chunk.plan.memory_words, chunk.scene_remembered(scene),
           sizeof(int32_t) * sizes.memory_words);
  }
  store_joints(chunk);
  store_thrusters(chunk);
}

inline void step_scenes(Chunk& chunk) {
  load_scenes(chunk);
  for (int number = 0; number < chunk.plan.steps; ++number) step(chunk, number);
  store_scenes(chunk);
}

}  // namespace kinetix
