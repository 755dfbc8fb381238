// One physics step of a chunk, in the published order: spec/physics.md 6.
#pragma once

#include "collide_circles.h"
#include "drives.h"
#include "pairs.h"
#include "solve.h"

namespace kinetix {

inline void load_scenes(Chunk& chunk) {
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const Rows& rows = chunk.rows[scene];
    load_bodies(chunk, rows, scene);
    load_polygons(chunk, rows, scene);
    load_bits(chunk, rows, scene);
  }
  quad* fields[] = {chunk.place, chunk.velocity, chunk.material, chunk.mass, chunk.pose};
  for (quad* field : fields) quad_at(field, chunk.idle_body) = quad{};
  measure_polygons(chunk);
  load_joints(chunk);
  load_thrusters(chunk);
}

// 6.1: also for slots that are not in use.
inline void apply_gravity(Chunk& chunk) {
  const float dt = chunk.parameters.dt;
  const int count = chunk.sizes.bodies;
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const float* g = chunk.rows[scene].constant + chunk.plan.gravity;
    const quad fall = {g[0] * dt, g[1] * dt, 0.0f, 0.0f};
    for (int body = scene * count; body < (scene + 1) * count; ++body)
      chunk.velocity[body] += (quad)((iquad)fall & (chunk.mass[body] != 0.0f));
  }
}

inline void find_contacts(Chunk& chunk) {
  update_poses(chunk);
  update_boxes(chunk);
  find_pairs(chunk);
  memset(chunk.touching, 0, sizeof(uint32_t) * chunk.scenes * chunk.sizes.memory_words);
  for (FoundList& list : chunk.found) list.count = 0;
  collide_polygons(chunk);
  collide_circles_with_polygons(chunk);
  collide_circles(chunk);
}

// 6.8 and 6.9: positions advance with velocities that are not clipped yet; angles are not clipped.
inline void integrate(Chunk& chunk) {
  const Parameters& parameters = chunk.parameters;
  const float p = parameters.clip_position, v = parameters.clip_velocity;
  const float w = parameters.clip_angular_velocity, none = __builtin_inff();
  const quad far = {p, p, none, none}, fast = {v, v, w, none};
  const vec farthest = repeat(far), fastest = repeat(fast), dt = splat(parameters.dt);
  for (int i = 0; i < chunk.bodies; i += QUADS) {
    vec velocity = load((float*)&chunk.velocity[i]);
    vec place = fma(velocity, dt, load((float*)&chunk.place[i]));
    store((float*)&chunk.place[i], clamp(place, -farthest, farthest));
    store((float*)&chunk.velocity[i], clamp(velocity, -fastest, fastest));
  }
}

// One byte per flag of a table, eight at a time; may write up to seven bytes too many.
INLINE uint8_t* write_flags(const uint32_t* words, int count, uint8_t* to) {
  for (int i = 0; i < count; i += 8) {
    uint64_t eight = words[i >> 5] >> (i & 31) & 0xff;
    uint64_t spread = eight * 0x0101010101010101 & 0x8040201008040201;
    spread = (spread + 0x7f7f7f7f7f7f7f7f | spread) >> 7 & 0x0101010101010101;
    memcpy(to + i, &spread, 8);
  }
  return to + count;
}

inline void write_trace(Chunk& chunk, int step) {
  const Sizes& sizes = chunk.sizes;
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const Rows& rows = chunk.rows[scene];
    uint8_t* flags = chunk.flag_bytes;
    for (int table = 0; table < TABLES; ++table)
      flags = write_flags(chunk.scene_touching(scene) + sizes.first_word[table], sizes.rows[table],
                          flags);
    memcpy(rows.touching + (int64_t)step * sizes.pairs, chunk.flag_bytes, sizes.pairs);
    float* positions = rows.positions + (int64_t)step * 2 * sizes.bodies;
    for (int number = 0; number < sizes.bodies; ++number)
      memcpy(positions + 2 * number, &chunk.place[scene * sizes.bodies + number],
             2 * sizeof(float));
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
    store_bodies(chunk, rows, scene);
    for (int word = 0; word < sizes.touching_words; ++word)
      rows.integers[chunk.plan.touching_words + word] = chunk.scene_touching(scene)[word];
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
