// One physics step of a chunk, in the published order: spec/physics.md 6.
#pragma once

#include "boundary.h"
#include "collide_circles.h"
#include "drives.h"
#include "pairs.h"
#include "solve.h"

namespace kinetix {

// Asks for a scene's rows some time before they are read: in a large batch they are far away.
INLINE void prefetch(const Plan& plan, const Rows& rows) {
  constexpr int LINE = 64 / sizeof(float);
  for (int i = 0; i < plan.moving_size; i += LINE) __builtin_prefetch(rows.moving + i);
  for (int i = 0; i < plan.gravity; i += LINE) __builtin_prefetch(rows.constant + i);
  for (int i = 0; i < plan.integer_size; i += LINE) __builtin_prefetch(rows.integers + i);
}

// The bodies of all scenes; false if their boundary is not a common one as they say it is.
inline bool load_bodies(Chunk& chunk, bool common) {
  constexpr int AHEAD = 4;
  const Sizes& sizes = chunk.sizes;
  chunk.shared = common ? BOUNDARY : 0;
  chunk.first_entry = common ? BOUNDARY * (chunk.stride - 1) : 0;
  load_bodies(chunk, chunk.rows[0], 0, 0, chunk.shared);
  load_polygons(chunk, chunk.rows[0], 0, 0, chunk.shared);
  for (int i = 0; i < LANES; ++i) chunk.fall[chunk.scenes + i] = quad{-0.0f, -0.0f, -0.0f, -0.0f};
  const CommonBoundary boundary(chunk);
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const Rows& rows = chunk.rows[scene];
    if (scene + AHEAD < chunk.scenes) prefetch(chunk.plan, chunk.rows[scene + AHEAD]);
    if (common && !boundary.is_of(rows)) return false;
    load_bodies(chunk, rows, scene, chunk.shared, sizes.bodies);
    load_surfaces(chunk, rows, scene);
    load_radii(chunk, rows, scene);
    load_polygons(chunk, rows, scene, chunk.shared, sizes.polygons);
    load_gravity(chunk, rows, scene);
  }
  return true;
}

inline void load_scenes(Chunk& chunk) {
  if (!load_bodies(chunk, true)) load_bodies(chunk, false);
  // Rows of one array follow one another. The room alone has no pairs, and perhaps no array.
  size_t flags = (size_t)chunk.scenes * chunk.plan.steps * chunk.sizes.pairs;
  if (flags) memset(chunk.rows[0].touching, 0, flags);
  quad* fields[] = {chunk.place, chunk.velocity, chunk.mass, chunk.pose};
  for (quad* field : fields) quad_at(field, chunk.idle_body) = quad{};
  chunk.surface[chunk.bodies] = 0;
  find_body_bits(chunk);
  measure_polygons(chunk);
  load_joints(chunk);
  load_thrusters(chunk);
}

// 6.1: also for slots that are not in use.
inline void apply_gravity(Chunk& chunk) {
  for (int number = chunk.shared; number < chunk.sizes.bodies; ++number) {
    int body = chunk.entry(0, number);
    float *velocity = (float*)(chunk.velocity + body), *mass = (float*)(chunk.mass + body);
    for (int i = 0; i < 4 * chunk.scenes; i += LANES) {
      ivec fall = as_int(load((float*)chunk.fall + i)) & (load(mass + i) != 0.0f);
      store(velocity + i, load(velocity + i) + as_float(fall));
    }
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
  for (int i = chunk.first_entry; i < chunk.bodies; i += QUADS) {
    vec velocity = load((float*)&chunk.velocity[i]);
    vec place = fma(velocity, dt, load((float*)&chunk.place[i]));
    store((float*)&chunk.place[i], clamp(place, -farthest, farthest));
    store((float*)&chunk.velocity[i], clamp(velocity, -fastest, fastest));
  }
}

inline void write_positions(Chunk& chunk) {
  const int count = chunk.sizes.bodies;
  const quad* place = chunk.place;
  const quad* common = place + chunk.first_entry;
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    float* positions = chunk.rows[scene].positions + chunk.step * 2 * count;
    if (chunk.shared)
      for (int i = 0; i < BOUNDARY; ++i) memcpy(positions + 2 * i, common + i, 2 * sizeof(float));
    int body = chunk.shared * chunk.stride + scene;
    for (int i = chunk.shared; i < count; ++i, body += chunk.stride)
      memcpy(positions + 2 * i, place + body, 2 * sizeof(float));
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

// Whether a common boundary has left the place where it was loaded.
inline bool boundary_moved(const Chunk& chunk) {
  float now[BOUNDARY * BODY_FLOATS];
  store_bodies(chunk, now, 0, 0, BOUNDARY);
  return memcmp(now, chunk.rows[0].moving + chunk.plan.bodies, sizeof now) != 0;
}

inline void store_scenes(Chunk& chunk) {
  const Sizes& sizes = chunk.sizes;
  const bool moved = chunk.shared && boundary_moved(chunk);
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const Rows& rows = chunk.rows[scene];
    float* bodies = rows.moving + chunk.plan.bodies;
    if (moved) store_bodies(chunk, bodies, scene, 0, chunk.shared);
    store_bodies(chunk, bodies, scene, chunk.shared, sizes.bodies);
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
