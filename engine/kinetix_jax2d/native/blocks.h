// Blocks of LANES contacts, with everything that stays the same in a step.
#pragma once

#include "contacts.h"

namespace kinetix {

// Names the bodies of a block's contacts and their impulses. Returns where the first body of the
// pair is b: where only one body moves, it comes second.
INLINE ivec locate_block(const Chunk& chunk, ContactBlock& block, int first, bool both,
                         Offset* surface_a, Offset* surface_b) {
  ivec code, slot;
  memcpy(&code, chunk.placed.code + first, sizeof code);
  memcpy(&slot, chunk.placed.slot + first, sizeof slot);
  ivec scene = code >> 16 & 0xff, one = code >> 8 & 0xff, other = code & 0xff;
  ivec flip = both ? isplat(0) : (code & 1 << 24) != 0;
  ivec a = flip ? other : one, b = flip ? one : other;
  ivec body_a = entries(chunk, a, scene) * (int)sizeof(quad);
  ivec body_b = entries(chunk, b, scene) * (int)sizeof(quad);
  ivec at_a = (a * chunk.stride + scene) * (int)sizeof(double);
  ivec at_b = (b * chunk.stride + scene) * (int)sizeof(double);
  ivec impulse = (scene * chunk.plan.moving_size + 2 * slot) * (int)sizeof(float);
  memcpy(block.a, &body_a, sizeof body_a);
  memcpy(block.b, &body_b, sizeof body_b);
  memcpy(surface_a, &at_a, sizeof at_a);
  memcpy(surface_b, &at_b, sizeof at_b);
  memcpy(block.impulse, &impulse, sizeof impulse);
  return flip;
}

struct Lever {
  vec normal, tangent, square;
};

// How a body is turned by impulses at the contact.
INLINE Lever lever(const ContactBlock& block, Point centre) {
  vec x = block.point_x - centre.x, y = block.point_y - centre.y;
  // cross(arm, tangent) with the tangent (n.y, -n.x)
  return {cross(x, y, block.normal_x, block.normal_y), -dot(x, y, block.normal_x, block.normal_y),
          dot(x, y, x, y)};
}

// Inverse masses along normal and tangent, from the centres of the bodies as they are now.
INLINE void update_one(ContactBlock& block, Point centre_b) {
  Lever b = lever(block, centre_b);
  block.arm_nb = b.normal;
  block.arm_tb = b.tangent;
  vec kn = fma(block.inertia_b, fma(-b.tangent, b.tangent, b.square), block.mass_b);
  vec kt = fma(block.inertia_b, fma(-b.normal, b.normal, b.square), block.mass_b);
  block.inverse_kn = 1.0f / nonzero(kn);
  block.inverse_kt = 1.0f / nonzero(kt);
  block.coupling = block.inertia_b * b.normal * b.tangent;
}

INLINE void update_both(ContactBlock& block, Point centre_a, Point centre_b) {
  Lever a = lever(block, centre_a), b = lever(block, centre_b);
  block.arm_na = a.normal;
  block.arm_ta = a.tangent;
  block.arm_nb = b.normal;
  block.arm_tb = b.tangent;
  vec mass = block.mass_a + block.mass_b;
  vec kn = fma(block.inertia_a, fma(-a.tangent, a.tangent, a.square), mass);
  kn = fma(block.inertia_b, fma(-b.tangent, b.tangent, b.square), kn);
  vec kt = fma(block.inertia_a, fma(-a.normal, a.normal, a.square), mass);
  kt = fma(block.inertia_b, fma(-b.normal, b.normal, b.square), kt);
  block.inverse_kn = 1.0f / nonzero(kn);
  block.inverse_kt = 1.0f / nonzero(kt);
  block.coupling =
      fma(block.inertia_a * a.normal, a.tangent, block.inertia_b * b.normal * b.tangent);
}

// Everything about a block that its contacts and bodies decide once per step.
INLINE void prepare_block(const Chunk& chunk, int number, bool both) {
  ContactBlock& block = chunk.blocks[number];
  const Parameters& parameters = chunk.parameters;
  vec geometry[4], mass_a[4], mass_b[4], va[4], vb[4];
  alignas(64) Offset point[LANES], at_a[LANES], at_b[LANES];
  const int first = number * LANES;
  ivec flip = locate_block(chunk, block, first, both, at_a, at_b);
  for (int lane = 0; lane < LANES; ++lane)
    point[lane] = sizeof(quad) * chunk.placed.point[first + lane];
  vec depth = lookup(chunk.depth, chunk.placed.point + first);
  gather(chunk.geometry, point, geometry);
  Point place_a = gather_two(chunk.place, block.a), place_b = gather_two(chunk.place, block.b);
  gather(chunk.mass, block.b, mass_b);
  gather(chunk.velocity, block.a, va);
  gather(chunk.velocity, block.b, vb);
  block.point_x = geometry[2];
  block.point_y = geometry[3];
  block.mass_b = mass_b[0];
  block.inertia_b = mass_b[2];
  // The normal points from the first body to the second; here it must point to b.
  block.normal_x = flip ? -geometry[0] : geometry[0];
  block.normal_y = flip ? -geometry[1] : geometry[1];
  if (both) {
    gather(chunk.mass, block.a, mass_a);
    block.mass_a = mass_a[0];
    block.inertia_a = mass_a[2];
    update_both(block, place_a, place_b);
  } else {
    update_one(block, place_b);
  }

  // Friction and restitution; which body is a does not matter.
  Point surface_a = gather_two(chunk.surface, at_a);
  Point surface_b = gather_two(chunk.surface, at_b);
  vec friction_a = surface_a.x * parameters.base_friction;
  vec friction_b = surface_b.x * parameters.base_friction;
  block.friction = sqrt(dot(friction_a, friction_b, friction_a, friction_b));
  block.normal_impulse = block.tangent_impulse = splat(0);
  if (chunk.plan.warm_starting) {
    Point impulse = gather_two(impulse_at(chunk, 0), block.impulse);
    block.normal_impulse = impulse.x;
    block.tangent_impulse = impulse.y;
  }

  Lever a = lever(block, place_a);
  vec nx = block.normal_x, ny = block.normal_y;
  vec of_a = fma(va[2], a.normal, dot(va[0], va[1], nx, ny));
  vec of_b = fma(vb[2], block.arm_nb, dot(vb[0], vb[1], nx, ny));
  vec bounce = (of_b - of_a) * at_most(surface_a.y, surface_b.y);
  vec rate = splat(parameters.baumgarte_collision / parameters.dt);
  vec bias = -rate * at_most(parameters.slop - depth, splat(0));
  block.target = both ? bias - bounce : bias - bounce + of_a;
  block.slide = fma(va[2], a.tangent, cross(va[0], va[1], nx, ny));
}

inline void prepare_contacts(Chunk& chunk) {
  update_memory(chunk);
  assign_regions(chunk);
  fill_blocks(chunk);
  for (int i = 0; i < chunk.sizes.stages; ++i) {
    const Stage& stage = chunk.stages[i];
    for (int k = 0; k < stage.both_count; k += LANES)
      prepare_block(chunk, stage.both_first + k / LANES, true);
    for (int k = 0; k < stage.one_count; k += LANES)
      prepare_block(chunk, stage.one_first + k / LANES, false);
  }
}

INLINE void store_block(const Chunk& chunk, const ContactBlock& block, int count) {
  float* impulses = impulse_at(chunk, 0);
  if (count >= LANES) {
    scatter_two_to({block.normal_impulse, block.tangent_impulse}, impulses, block.impulse);
    return;
  }
  for (int lane = 0; lane < count; ++lane) {
    float* impulse = impulse_at(chunk, block.impulse[lane]);
    impulse[0] = block.normal_impulse[lane];
    impulse[1] = block.tangent_impulse[lane];
  }
}

inline void store_impulses(Chunk& chunk) {
  for (int i = 0; i < chunk.sizes.stages; ++i) {
    const Stage& stage = chunk.stages[i];
    for (int k = 0; k < stage.both_count; k += LANES)
      store_block(chunk, chunk.blocks[stage.both_first + k / LANES], stage.both_count - k);
    for (int k = 0; k < stage.one_count; k += LANES)
      store_block(chunk, chunk.blocks[stage.one_first + k / LANES], stage.one_count - k);
  }
}

}  // namespace kinetix
