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
template <bool COMMON, typename Slots>
INLINE bool load_bodies(const Chunk& chunk, Slots slots) {
  constexpr int AHEAD = 4, SHARED = COMMON ? BOUNDARY : 0;
  const CommonBoundary boundary(chunk);
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const Rows rows = chunk.rows[scene];
    if (scene + AHEAD < chunk.scenes) prefetch(chunk.plan, chunk.rows[scene + AHEAD]);
    if (COMMON) {
      if (!boundary.is_of(rows, slots)) return false;
      load_boundary_surfaces(chunk, rows, scene);
    }
    load_bodies(chunk, rows, scene, SHARED, slots.polygons + slots.circles);
    load_radii(chunk, rows, scene, slots);
    load_polygons(chunk, rows, scene, SHARED, slots.polygons);
    load_gravity(chunk, rows, scene);
  }
  return true;
}

// Tries with a common boundary first.
template <typename Slots>
INLINE void load_bodies(Chunk& chunk, Slots slots) {
  for (int i = 0; i < LANES; ++i) chunk.fall[chunk.scenes + i] = quad{-0.0f, -0.0f, -0.0f, -0.0f};
  chunk.shared = BOUNDARY;
  chunk.first_entry = BOUNDARY * (chunk.stride - 1);
  load_bodies(chunk, chunk.rows[0], 0, 0, BOUNDARY);
  load_polygons(chunk, chunk.rows[0], 0, 0, BOUNDARY);
  const Chunk shared = chunk;  // a copy, which nothing that is loaded can be part of
  if (load_bodies<true>(shared, slots)) return;
  chunk.shared = chunk.first_entry = 0;
  load_bodies<false>(chunk, slots);
}

inline void load_scenes(Chunk& chunk) {
  with_slots(chunk.plan, [&](auto slots) { load_bodies(chunk, slots); });
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

template <typename Slots>
INLINE void write_positions(const Chunk& chunk, Slots slots) {
  const int count = slots.polygons + slots.circles, stride = chunk.stride;
  const int shared = chunk.shared, offset = chunk.step * 2 * count, scenes = chunk.scenes;
  const quad *place = chunk.place, *common = place + chunk.first_entry;
  const Rows* rows = chunk.rows;
  for (int scene = 0; scene < scenes; ++scene) {
    float* positions = rows[scene].positions + offset;
    const quad* own = place + scene;
    for (int i = 0; i < BOUNDARY; ++i)
      memcpy(positions + 2 * i, shared ? common + i : own + i * stride, 2 * sizeof(float));
    for (int i = BOUNDARY; i < count; ++i)
      memcpy(positions + 2 * i, own + i * stride, 2 * sizeof(float));
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
  with_slots(chunk.plan, [&](auto slots) { write_positions(chunk, slots); });
}

// Whether a common boundary has left the place where it was loaded.
inline bool boundary_moved(const Chunk& chunk) {
  float now[BOUNDARY * BODY_FLOATS];
  store_bodies(chunk, now, 0, 0, BOUNDARY);
  return memcmp(now, chunk.rows[0].moving + chunk.plan.bodies, sizeof now) != 0;
}

template <typename Slots>
INLINE void store_bodies(const Chunk& chunk, Slots slots) {
  const bool moved = chunk.shared && boundary_moved(chunk);
  const int words = chunk.sizes.touching_words, shared = chunk.shared, scenes = chunk.scenes;
  const uint32_t* touching = chunk.touching;
  for (int scene = 0; scene < scenes; ++scene, touching += chunk.sizes.memory_words) {
    const Rows rows = chunk.rows[scene];
    float* bodies = rows.moving + chunk.plan.bodies;
    if (moved || !shared) store_bodies(chunk, bodies, scene, 0, BOUNDARY);
    store_bodies(chunk, bodies, scene, BOUNDARY, slots.polygons + slots.circles);
    int32_t* flags = rows.integers + chunk.plan.touching_words;
    for (int word = 0; word < words; ++word) flags[word] = touching[word];
  }
}

inline void store_scenes(Chunk& chunk) {
  const Chunk constant = chunk;  // a copy, which nothing that is stored can be part of
  with_slots(chunk.plan, [&](auto slots) { store_bodies(constant, slots); });
  store_joints(chunk);
  store_thrusters(chunk);
}

inline void step_scenes(Chunk& chunk) {
  load_scenes(chunk);
  for (chunk.step = 0; chunk.step < chunk.plan.steps; ++chunk.step) step(chunk);
  store_scenes(chunk);
}

}  // namespace kinetix
