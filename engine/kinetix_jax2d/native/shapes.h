// From the caller's rows to bodies, and from bodies to shapes in the world.
#pragma once

#include "chunk.h"
#include "functions.h"

namespace kinetix {

// Both loads of a body lie within its six floats: x, y, angle, vx and angle, vx, vy, w.
INLINE quad first_three(quad a) { return (quad)((iquad)a & iquad{-1, -1, -1, 0}); }
INLINE quad last_three(quad a) {
#if defined(__SSE2__)
  return (quad)_mm_srli_si128((__m128i)a, 4);
#else
  return quad{a[1], a[2], a[3], 0.0f};
#endif
}

// One bit per lane of a mask.
INLINE int quad_bits(iquad mask) {
#if defined(__SSE__)
  return _mm_movemask_ps((__m128)mask);
#else
  return (mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8);
#endif
}

inline void load_bodies(Chunk& chunk, const Rows& rows, int scene) {
  const Sizes& sizes = chunk.sizes;
  const float* moving = rows.moving + chunk.plan.bodies;
  const float* materials = rows.constant + chunk.plan.materials;
  const int32_t* words = rows.integers + chunk.plan.body_words;
  BodyBits* bits = &chunk.bits_of_scene(scene, 0);
  int body = scene, shift = scene & 63;
  for (int number = 0; number < sizes.bodies; ++number) {
    chunk.place[body] = first_three(load_quad(moving));
    chunk.velocity[body] = last_three(load_quad(moving + 2));
    quad material = load_quad(materials);
    chunk.material[body] = material;
    quad mass = {material[0], material[0], material[1], 0.0f};
    chunk.mass[body] = mass;

    int mode = field(words[number], 0), nothing = quad_bits(mass == 0.0f);
    bits->active |= (uint64_t)((uint32_t)words[number] >> 24 & 1) << shift;
    bits->normal |= (uint64_t)(mode > 0) << shift;
    bits->always |= (uint64_t)(mode == 2) << shift;
    bits->fixated |= (uint64_t)(nothing & 1) << shift;
    bits->immovable |= (uint64_t)(nothing >> 2 & nothing & 1) << shift;

    moving += BODY_FLOATS;
    materials += 4;
    bits += chunk.words;
    body += chunk.stride;
  }
  for (int c = 0; c < sizes.circles; ++c)
    chunk.place[(sizes.polygons + c) * chunk.stride + scene][3] =
        rows.constant[chunk.plan.radii + c];
  const float* gravity = rows.constant + chunk.plan.gravity;
  const float dt = chunk.parameters.dt;
  chunk.fall[scene] = quad{gravity[0] * dt, gravity[1] * dt, 0.0f, 0.0f};
}

inline void store_bodies(const Chunk& chunk, const Rows& rows, int scene) {
  float* moving = rows.moving + chunk.plan.bodies;
  int body = scene;
  for (int number = 0; number < chunk.sizes.bodies; ++number) {
    quad place = chunk.place[body], velocity = chunk.velocity[body];
    store_quad(moving, quad{place[0], place[1], place[2], velocity[0]});
    store_quad(moving + 2, quad{place[2], velocity[0], velocity[1], velocity[2]});
    moving += BODY_FLOATS;
    body += chunk.stride;
  }
}

// A triangle repeats its first vertex in slot 3, so that every polygon has four edges, and has no
// face 3.
inline void load_polygons(Chunk& chunk, const Rows& rows, int scene) {
  const float* x = rows.constant + chunk.plan.vertices_x;
  const float* y = rows.constant + chunk.plan.vertices_y;
  const int32_t* words = rows.integers + chunk.plan.body_words;
  const float none = -UNUSED_FACE;
  for (int p = 0; p < chunk.sizes.polygons; ++p) {
    quad px = load_quad(x + 4 * p), py = load_quad(y + 4 * p);
    bool triangle = field(words[p], 1) == 3;
    px[3] = triangle ? px[0] : px[3];
    py[3] = triangle ? py[0] : py[3];
    chunk.local_x[p * chunk.stride + scene] = px;
    chunk.local_y[p * chunk.stride + scene] = py;
    chunk.support[p * chunk.stride + scene] = quad{none, none, none, triangle ? UNUSED_FACE : none};
  }
}

// Outward normals, edge lengths, and the reach of each polygon along its own normals.
inline void measure_polygons(Chunk& chunk) {
  for (int i = 0; i < chunk.stride * chunk.sizes.polygons; i += QUADS) {
    vec x = load((float*)&chunk.local_x[i]), y = load((float*)&chunk.local_y[i]);
    vec edge_x = swizzle<1, 2, 3, 0>(x) - x, edge_y = swizzle<1, 2, 3, 0>(y) - y;
    vec length = length_of(edge_x, edge_y);
    vec normal_x = -edge_y / nonzero(length), normal_y = edge_x / nonzero(length);
    vec reach = load((float*)&chunk.support[i]);
    const Point vertices[] = {{swizzle<0, 0, 0, 0>(x), swizzle<0, 0, 0, 0>(y)},
                              {swizzle<1, 1, 1, 1>(x), swizzle<1, 1, 1, 1>(y)},
                              {swizzle<2, 2, 2, 2>(x), swizzle<2, 2, 2, 2>(y)},
                              {swizzle<3, 3, 3, 3>(x), swizzle<3, 3, 3, 3>(y)}};
    for (const Point& vertex : vertices)
      reach = at_least(dot(normal_x, normal_y, vertex.x, vertex.y), reach);
    store((float*)&chunk.normal_x[i], normal_x);
    store((float*)&chunk.normal_y[i], normal_y);
    store((float*)&chunk.edge_length[i], length);
    store((float*)&chunk.support[i], reach);
  }
}

// Positions with the cosine and sine of the angle, of all bodies.
inline void update_poses(Chunk& chunk) {
  const Consecutive consecutive;
  for (int i = 0; i < chunk.bodies; i += LANES) {
    vec place[4];
    gather(chunk.place + i, consecutive.offset, place);
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
INLINE vec margin(vec size) { return fma(size, splat(1e-5f), splat(1e-3f)); }

// Vertices of all polygons in the world, and their boxes.
inline void place_polygons(Chunk& chunk) {
  ivec component = __builtin_convertvector(lane_numbers(), ivec) & 3;
  for (int i = 0; i < chunk.stride * chunk.sizes.polygons; i += QUADS) {
    vec pose = load((float*)&chunk.pose[i]);
    vec x = load((float*)&chunk.local_x[i]), y = load((float*)&chunk.local_y[i]);
    Point world = rotate(swizzle<2, 2, 2, 2>(pose), swizzle<3, 3, 3, 3>(pose), x, y);
    world.x += swizzle<0, 0, 0, 0>(pose);
    world.y += swizzle<1, 1, 1, 1>(pose);
    store((float*)&chunk.world_x[i], world.x);
    store((float*)&chunk.world_y[i], world.y);
    vec low = component == 0 ? quad_min(world.x) : quad_min(world.y);
    vec high = component == 2 ? quad_max(world.x) : quad_max(world.y);
    vec box = component < 2 ? low : high, wider = margin(absolute(box));
    store((float*)&chunk.box[i], component < 2 ? box - wider : box + wider);
  }
}

// Boxes of all bodies, one array per side.
inline void update_boxes(Chunk& chunk) {
  const Consecutive consecutive;
  const int polygons = chunk.stride * chunk.sizes.polygons;
  for (int i = 0; i < polygons; i += LANES) {
    vec box[4];
    gather(chunk.box + i, consecutive.offset, box);
    store(chunk.low_x + i, box[0]);
    store(chunk.low_y + i, box[1]);
    store(chunk.high_x + i, box[2]);
    store(chunk.high_y + i, box[3]);
  }
  for (int i = polygons; i < chunk.bodies; i += LANES) {
    vec place[4];  // x, y, angle, radius
    gather(chunk.place + i, consecutive.offset, place);
    vec reach = place[3] + margin(absolute(place[0]) + absolute(place[1]) + absolute(place[3]));
    store(chunk.low_x + i, place[0] - reach);
    store(chunk.low_y + i, place[1] - reach);
    store(chunk.high_x + i, place[0] + reach);
    store(chunk.high_y + i, place[1] + reach);
  }
}

}  // namespace kinetix
