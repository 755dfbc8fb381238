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

// Inverse masses of a body as they act on its velocity.
INLINE quad spread_mass(quad material) {
  return (quad)((iquad)quad_swizzle<0, 0, 1, 1>(material) & iquad{-1, -1, -1, 0});
}

// Bodies `first` to `end` of a scene; friction and restitution are in `surface`.
INLINE void load_bodies(const Chunk& chunk, const Rows& rows, int scene, int first, int end) {
  const float* moving = rows.moving + chunk.plan.bodies + BODY_FLOATS * first;
  const float* materials = rows.constant + chunk.plan.materials + 4 * first;
  const int32_t* words = rows.integers + chunk.plan.body_words;
  const int step = first < chunk.shared ? 1 : chunk.stride;
  int body = chunk.entry(scene, first);
  quad *places = chunk.place, *velocities = chunk.velocity, *masses = chunk.mass;
  int32_t* body_words = chunk.word;
  double* surfaces = chunk.surface;
  for (int number = first; number < end; ++number) {
    quad material = load_quad(materials);
    places[body] = first_three(load_quad(moving));
    velocities[body] = last_three(load_quad(moving + 2));
    masses[body] = spread_mass(material);
    surfaces[body] = high_pair(material);
    body_words[body] = words[number];
    moving += BODY_FLOATS;
    materials += 4;
    body += step;
  }
}

// Friction and restitution of the boundary, which each scene has for itself.
INLINE void load_boundary_surfaces(const Chunk& chunk, const Rows& rows, int scene) {
  const float* materials = rows.constant + chunk.plan.materials;
  double* surface = chunk.surface + scene;
  const int stride = chunk.stride;
  for (int i = 0; i < BOUNDARY; ++i)
    surface[i * stride] = high_pair(load_quad(materials + 4 * i));
}

template <typename Slots>
INLINE void load_radii(const Chunk& chunk, const Rows& rows, int scene, Slots slots) {
  const float* radii = rows.constant + chunk.plan.radii;
  quad* circles = chunk.place + slots.polygons * chunk.stride + scene;
  const int stride = chunk.stride;
  for (int c = 0; c < slots.circles; ++c) circles[c * stride][3] = radii[c];
}

INLINE void load_gravity(const Chunk& chunk, const Rows& rows, int scene) {
  const float* gravity = rows.constant + chunk.plan.gravity;
  const float dt = chunk.parameters.dt;
  chunk.fall[scene] = quad{gravity[0] * dt, gravity[1] * dt, 0.0f, 0.0f};
}

// BodyBits of LANES bodies, in the lowest bits.
INLINE BodyBits bits_of_bodies(ivec word, vec mass, vec inertia) {
  ivec mode = word << 24 >> 24;
  ivec fixated = mass == 0.0f, still = inertia == 0.0f;
  return {bits_of(word << 7), bits_of(mode > 0), bits_of(mode == 2), bits_of(fixated),
          bits_of(fixated & still), 0};
}

// Gathers the bits of all scenes; of scenes that are not there, none is active.
inline void find_body_bits(Chunk& chunk) {
  const Consecutive consecutive;
  for (int number = 0; number < chunk.sizes.bodies; ++number)
    for (int word = 0; word < chunk.words; ++word) {
      int left = chunk.scenes - 64 * word, count = left < 64 ? left : 64;
      bool common = number < chunk.shared;
      BodyBits all = {};
      for (int s = 0; s < count; s += LANES) {
        int body = chunk.entry(common ? 0 : 64 * word + s, number);
        ivec words;
        vec mass[4];
        memcpy(&words, chunk.word + body, sizeof words);
        gather(chunk.mass + body, consecutive.offset, mass);
        if (common) words = isplat(words[0]), mass[0] = mass[2] = splat(0);
        BodyBits some = bits_of_bodies(words, mass[0], mass[2]);
        all.active |= some.active << s;
        all.normal |= some.normal << s;
        all.always |= some.always << s;
        all.fixated |= some.fixated << s;
        all.immovable |= some.immovable << s;
      }
      all.active &= ~0ull >> (64 - count);
      chunk.bits[number * chunk.words + word] = all;
    }
}

// Bodies `first` to `end` of a scene.
INLINE void store_bodies(const Chunk& chunk, float* moving, int scene, int first, int end) {
  moving += BODY_FLOATS * first;
  const int step = first < chunk.shared ? 1 : chunk.stride;
  int body = chunk.entry(scene, first);
  const quad *places = chunk.place, *velocities = chunk.velocity;
  for (int number = first; number < end; ++number) {
    quad place = places[body], velocity = velocities[body];
    store_quad(moving, place);
    quad turned = quad_swizzle<0, 0, 1, 2>(velocity);
    turned[0] = place[2];
    store_quad(moving + 2, turned);
    moving += BODY_FLOATS;
    body += step;
  }
}

// A triangle repeats its first vertex in slot 3, so that every polygon has four edges, and has no
// face 3.
INLINE void load_polygons(const Chunk& chunk, const Rows& rows, int scene, int first, int end) {
  const float* x = rows.constant + chunk.plan.vertices_x;
  const float* y = rows.constant + chunk.plan.vertices_y;
  const int32_t* words = rows.integers + chunk.plan.body_words;
  const float none = -UNUSED_FACE;
  const int step = first < chunk.shared ? 1 : chunk.stride;
  int body = chunk.entry(scene, first);
  quad *local_x = chunk.local_x, *local_y = chunk.local_y, *support = chunk.support;
  for (int p = first; p < end; ++p) {
    quad px = load_quad(x + 4 * p), py = load_quad(y + 4 * p);
    bool triangle = field(words[p], 1) == 3;
    px[3] = triangle ? px[0] : px[3];
    py[3] = triangle ? py[0] : py[3];
    local_x[body] = px;
    local_y[body] = py;
    support[body] = quad{none, none, none, triangle ? UNUSED_FACE : none};
    body += step;
  }
}

// Outward normals, edge lengths, and the reach of each polygon along its own normals.
inline void measure_polygons(Chunk& chunk) {
  for (int i = chunk.first_entry; i < chunk.stride * chunk.sizes.polygons; i += QUADS) {
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
  for (int i = chunk.first_entry; i < chunk.bodies; i += LANES) {
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
  for (int i = chunk.first_entry; i < chunk.stride * chunk.sizes.polygons; i += QUADS) {
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
  for (int i = chunk.first_entry; i < polygons; i += LANES) {
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
