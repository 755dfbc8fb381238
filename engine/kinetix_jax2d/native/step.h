// One physics step of a chunk, in the published order: spec/physics.md 6.
#pragma once

#include "collide_circles.h"
#include "drives.h"
#include "pairs.h"
#include "solve.h"

namespace kinetix {

inline void load_scenes(Chunk& chunk) {
  memset(chunk.bits, 0, sizeof(BodyBits) * chunk.words * chunk.sizes.bodies);
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const Rows& rows = chunk.rows[scene];
    load_bodies(chunk, rows, scene);
    load_polygons(chunk, rows, scene);
  }
  // Rows of one array follow one another. The room alone has no pairs, and perhaps no array.
  size_t flags = (size_t)chunk.scenes * chunk.plan.steps * chunk.sizes.pairs;
  if (flags) memset(chunk.rows[0].touching, 0, flags);
  quad* fields[] = {chunk.place, chunk.velocity, chunk.material, chunk.mass, chunk.pose};
  for (quad* field : fields) quad_at(field, chunk.idle_body) = quad{};
  measure_polygons(chunk);
  load_joints(chunk);
  load_thrusters(chunk);
}

// 6.1: also for slots that are not in use.
inline void apply_gravity(Chunk& chunk) {
  for (int number = 0; number < chunk.sizes.bodies; ++number)
    for (int scene = 0; scene < chunk.scenes; ++scene) {
      int body = number * chunk.stride + scene;
      chunk.velocity[body] += (quad)((iquad)chunk.fall[scene] & (chunk.mass[body] != 0.0f));
    }
}

inline void find_contacts(Chunk& chunk) {
  update_poses(chunk);
  place_polygons(chunk);
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

inline void write_positions(Chunk& chunk) {
  const int count = chunk.sizes.bodies;
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    float* positions = chunk.rows[scene].positions + chunk.step * 2 * count;
    const quad* place = chunk.place + scene;
    for (int i = 0; i < count; ++i)
      memcpy(positions + 2 * i, place + i * chunk.stride, 2 * sizeof(float));
  }
}

inline void step(Chunk& chunk) {
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
  write_positions(chunk);
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
  for (chunk.step = 0; chunk.step < chunk.plan.steps; ++chunk.step) step(chunk);
  store_scenes(chunk);
}

}  // namespace kinetix
