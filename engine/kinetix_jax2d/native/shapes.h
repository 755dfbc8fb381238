// From the caller's rows to bodies, and from bodies to shapes in the world.
#pragma once

#include "chunk.h"
#include "functions.h"

namespace kinetix {

INLINE bool is_fixated(const Chunk& chunk, int body) { return chunk.mass[body][0] == 0.0f; }

// Both loads of a body lie within its six floats: x, y, angle, vx and angle, vx, vy, w.
INLINE quad first_three(quad a) { return (quad)((iquad)a & iquad{-1, -1, -1, 0}); }
INLINE quad last_three(quad a) {
#if defined(__SSE2__)
  return (quad)_mm_srli_si128((__m128i)a, 4);
#else
  return quad{a[1], a[2], a[3], 0.0f};
#endif
}

INLINE void load_body(Chunk& chunk, const Rows& rows, int number, int body) {
  const Plan& plan = chunk.plan;
  const float* moving = rows.moving + plan.bodies + BODY_FLOATS * number;
  chunk.place[body] = first_three(load_quad(moving));
  chunk.velocity[body] = last_three(load_quad(moving + 2));
  quad material = load_quad(rows.constant + plan.materials + 4 * number);
  chunk.material[body] = material;
  chunk.mass[body] = quad{material[0], material[0], material[1], 0.0f};
  chunk.moved_by_joint[body] = 0;
}

INLINE void store_body(const Chunk& chunk, const Rows& rows, int number, int body) {
  float* moving = rows.moving + chunk.plan.bodies + BODY_FLOATS * number;
  quad place = chunk.place[body], velocity = chunk.velocity[body];
  store_quad(moving, quad{place[0], place[1], place[2], velocity[0]});
  store_quad(moving + 2, quad{place[2], velocity[0], velocity[1], velocity[2]});
}

// A triangle repeats its first vertex in slot 3, so that every polygon has four edges, and has no
// face 3.
INLINE void load_polygon(Chunk& chunk, const Rows& rows, int number, int polygon, bool triangle) {
  quad x = load_quad(rows.constant + chunk.plan.vertices_x + 4 * number);
  quad y = load_quad(rows.constant + chunk.plan.vertices_y + 4 * number);
  if (triangle) {
    x[3] = x[0];
    y[3] = y[0];
  }
  chunk.local_x[polygon] = x;
  chunk.local_y[polygon] = y;
  const float none = -UNUSED_FACE;
  chunk.support[polygon] = quad{none, none, none, triangle ? UNUSED_FACE : none};
}

// Which bodies each may touch: both in use, and the collision modes agree (spec/physics.md 4.3).
INLINE void load_filters(Chunk& chunk, const Rows& rows, int scene) {
  const Sizes& sizes = chunk.sizes;
  const int32_t* words = rows.integers + chunk.plan.body_words;
  uint64_t active[2] = {0, 0}, normal[2] = {0, 0}, always[2] = {0, 0};  // polygons, circles
  for (int number = 0; number < sizes.bodies; ++number) {
    int kind = number >= sizes.polygons, bit = kind ? number - sizes.polygons : number;
    int mode = field(words[number], 0);
    active[kind] |= (uint64_t)((words[number] & BODY_ACTIVE) != 0) << bit;
    normal[kind] |= (uint64_t)(mode > 0) << bit;
    always[kind] |= (uint64_t)(mode == 2) << bit;
  }
  for (int number = 0; number < sizes.bodies; ++number) {
    int kind = number >= sizes.polygons, bit = kind ? number - sizes.polygons : number;
    int mode = field(words[number], 0), body = chunk.body(scene, number);
    uint64_t before = ((uint64_t)1 << bit) - 1, alive = -((active[kind] >> bit) & 1);
    uint64_t partners[2];
    for (int other = 0; other < 2; ++other) {
      uint64_t willing = mode == 2 ? ~0ull : mode > 0 ? always[other] | normal[other] : always[other];
      partners[other] = active[other] & willing & alive;
    }
    chunk.polygon_partners[body] = kind ? partners[0] : partners[0] & before;
    chunk.circle_partners[body] = kind ? partners[1] & before : 0;
  }
}

// Outward normals, edge lengths, and the reach of each polygon along its own normals.
inline void measure_polygons(Chunk& chunk) {
  for (int i = 0; i < chunk.scenes * chunk.sizes.polygons; i += QUADS) {
    vec x = load((float*)&chunk.local_x[i]), y = load((float*)&chunk.local_y[i]);
    vec edge_x = swizzle<1, 2, 3, 0>(x) - x, edge_y = swizzle<1, 2, 3, 0>(y) - y;
    vec length = length_of(edge_x, edge_y);
    vec normal_x = -edge_y / nonzero(length), normal_y = edge_x / nonzero(length);
    vec support = load((float*)&chunk.support[i]);
    support = at_least(dot(normal_x, normal_y, swizzle<0, 0, 0, 0>(x), swizzle<0, 0, 0, 0>(y)),
                       support);
    support = at_least(dot(normal_x, normal_y, swizzle<1, 1, 1, 1>(x), swizzle<1, 1, 1, 1>(y)),
                       support);
    support = at_least(dot(normal_x, normal_y, swizzle<2, 2, 2, 2>(x), swizzle<2, 2, 2, 2>(y)),
                       support);
    support = at_least(dot(normal_x, normal_y, swizzle<3, 3, 3, 3>(x), swizzle<3, 3, 3, 3>(y)),
                       support);
    store((float*)&chunk.normal_x[i], normal_x);
    store((float*)&chunk.normal_y[i], normal_y);
    store((float*)&chunk.edge_length[i], length);
    store((float*)&chunk.support[i], support);
  }
}

// Positions with the cosine and sine of the angle, of all bodies.
inline void update_poses(Chunk& chunk) {
  alignas(64) int32_t index[LANES];
  for (int l = 0; l < LANES; ++l) index[l] = l;
  for (int i = 0; i < chunk.scenes * chunk.sizes.bodies; i += LANES) {
    vec place[4];
    gather(chunk.place + i, index, place);
    SinCos angle = sincos(place[2]);
    scatter(place[0], place[1], angle.cos, angle.sin, chunk.pose + i);
  }
}

// Smallest or largest of each quad, in all four lanes.
INLINE vec quad_min(vec a) {
  a = at_most(a, swizzle<1, 0, 3, 2>(a));
  return at_most(a, swizzle<2, 3, 0, 1>(a));
}
INLINE vec quad_max(vec a) {
  a = at_least(a, swizzle<1, 0, 3, 2>(a));
  return at_least(a, swizzle<2, 3, 0, 1>(a));
}

// Boxes are a little larger than the shapes, so that rounding never hides a contact.
INLINE vec margin(vec coordinate) { return fma(absolute(coordinate), splat(1e-5f), splat(1e-3f)); }

// Vertices of all polygons in the world, and their boxes.
inline void place_polygons(Chunk& chunk) {
  ivec component = __builtin_convertvector(lane_numbers(), ivec) & 3;
  for (int i = 0; i < chunk.scenes * chunk.sizes.polygons; i += QUADS) {
    vec pose = load((float*)&chunk.pose[i]);
    vec x = load((float*)&chunk.local_x[i]), y = load((float*)&chunk.local_y[i]);
    vec cosine = swizzle<2, 2, 2, 2>(pose), sine = swizzle<3, 3, 3, 3>(pose);
    Point world = rotate(cosine, sine, x, y);
    vec world_x = world.x + swizzle<0, 0, 0, 0>(pose);
    vec world_y = world.y + swizzle<1, 1, 1, 1>(pose);
    store((float*)&chunk.world_x[i], world_x);
    store((float*)&chunk.world_y[i], world_y);
    vec low_x = quad_min(world_x), low_y = quad_min(world_y);
    vec high_x = quad_max(world_x), high_y = quad_max(world_y);
    vec low = component == 0 ? low_x : low_y, high = component == 2 ? high_x : high_y;
    low = low - margin(low);
    high = high + margin(high);
    store((float*)&chunk.box[i], component < 2 ? low : high);
  }
}

// Boxes of all bodies, one array per side.
inline void update_boxes(Chunk& chunk) {
  alignas(64) int32_t index[LANES];
  for (int l = 0; l < LANES; ++l) index[l] = l;
  int polygons = chunk.scenes * chunk.sizes.polygons;
  for (int i = 0; i < polygons; i += LANES) {
    vec box[4];
    gather(chunk.box + i, index, box);
    store(chunk.low_x + i, box[0]);
    store(chunk.low_y + i, box[1]);
    store(chunk.high_x + i, box[2]);
    store(chunk.high_y + i, box[3]);
  }
  for (int i = polygons; i < chunk.scenes * chunk.sizes.bodies; i += LANES) {
    vec place[4];  // x, y, angle, radius
    gather(chunk.place + i, index, place);
    vec radius = place[3] + margin(absolute(place[0]) + absolute(place[1]) + place[3]);
    store(chunk.low_x + i, place[0] - radius);
    store(chunk.low_y + i, place[1] - radius);
    store(chunk.high_x + i, place[0] + radius);
    store(chunk.high_y + i, place[1] + radius);
  }
}

}  // namespace kinetix
