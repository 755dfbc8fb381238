// The solver's passes over contacts: spec/physics.md 6.5 and 6.6b.
#pragma once

#include "blocks.h"

namespace kinetix {

// What is immovable stays at rest even if an impulse overflows: scenes share such bodies.
INLINE quad by_mass(quad impulse, quad mass) {
  return (quad)((iquad)(impulse * mass) & (mass != 0.0f));
}

// Adds the impulses of contacts with two moving bodies. x, y act on b, and their opposite on a.
INLINE void apply_impulses(Chunk& chunk, const ContactBlock* blocks, int count) {
  for (int i = 0; i < count; ++i) {
    const ContactBlock& block = blocks[i / LANES];
    Offset a = block.a[i % LANES], b = block.b[i % LANES];
    quad impulse = chunk.impulses[i];
    quad on_b = {impulse[0], impulse[1], impulse[3], impulse[3]};
    quad_at(chunk.velocity, a) -= by_mass(impulse, quad_at(chunk.mass, a));
    quad_at(chunk.velocity, b) += by_mass(on_b, quad_at(chunk.mass, b));
  }
}

INLINE void note_impulses(const ContactBlock& block, vec normal, vec tangent, quad* to) {
  scatter(fma(normal, block.normal_x, tangent * block.normal_y),
          fma(normal, block.normal_y, -(tangent * block.normal_x)),
          fma(normal, block.arm_na, tangent * block.arm_ta),
          fma(normal, block.arm_nb, tangent * block.arm_tb), to);
}

// The same where only b moves and has no other such contact in the stage: its velocity, known to
// be `velocity`, is simply written.
INLINE void push_one(Chunk& chunk, const ContactBlock& block, const vec velocity[4], vec normal,
                     vec tangent) {
  vec x = fma(normal, block.normal_x, tangent * block.normal_y);
  vec y = fma(normal, block.normal_y, -(tangent * block.normal_x));
  vec turn = fma(normal, block.arm_nb, tangent * block.arm_tb);
  scatter_to(fma(x, block.mass_b, velocity[0]), fma(y, block.mass_b, velocity[1]),
             fma(turn, block.inertia_b, velocity[2]), velocity[3], chunk.velocity, block.b);
}

inline void warm_start_contacts(Chunk& chunk) {
  for (int s = 0; s < chunk.sizes.stages; ++s) {
    const Stage& stage = chunk.stages[s];
    const ContactBlock* both = chunk.blocks + stage.both_first;
    const ContactBlock* one = chunk.blocks + stage.one_first;
    for (int i = 0; i < stage.both_count; i += LANES) {
      const ContactBlock& block = both[i / LANES];
      note_impulses(block, block.normal_impulse, block.tangent_impulse, chunk.impulses + i);
    }
    for (int i = 0; i < stage.one_count; i += LANES) {
      const ContactBlock& block = one[i / LANES];
      vec velocity[4];
      gather(chunk.velocity, block.b, velocity);
      push_one(chunk, block, velocity, block.normal_impulse, block.tangent_impulse);
    }
    apply_impulses(chunk, both, stage.both_count);
  }
}

struct Change {
  vec normal, tangent;
};

// New accumulated impulses for the relative velocities `vn` and `vt`, and how they change. A
// normal impulse moves vt before friction looks at it.
INLINE Change accumulate(ContactBlock& block, vec vn, vec vt) {
  vec normal = at_least(fma(block.target - vn, block.inverse_kn, block.normal_impulse), splat(0));
  Change change;
  change.normal = normal - block.normal_impulse;
  vt = fma(change.normal, block.coupling, vt);
  vec limit = block.friction * normal;
  vec tangent = clamp(fma(-vt, block.inverse_kt, block.tangent_impulse), -limit, limit);
  change.tangent = tangent - block.tangent_impulse;
  block.normal_impulse = normal;
  block.tangent_impulse = tangent;
  return change;
}

INLINE void solve_both(Chunk& chunk, ContactBlock& block, quad* impulses) {
  vec a[4], b[4];
  if (block.live)
    update_both(block, gather_two(chunk.place, block.a), gather_two(chunk.place, block.b));
  gather(chunk.velocity, block.a, a);
  gather(chunk.velocity, block.b, b);
  vec dx = b[0] - a[0], dy = b[1] - a[1];
  vec vn = fma(-a[2], block.arm_na, dot(dx, dy, block.normal_x, block.normal_y));
  vec vt = fma(-a[2], block.arm_ta, cross(dx, dy, block.normal_x, block.normal_y));
  Change change = accumulate(block, fma(b[2], block.arm_nb, vn), fma(b[2], block.arm_tb, vt));
  note_impulses(block, change.normal, change.tangent, impulses);
}

INLINE void solve_one(Chunk& chunk, ContactBlock& block) {
  vec b[4];
  if (block.live) update_one(block, gather_two(chunk.place, block.b));
  gather(chunk.velocity, block.b, b);
  vec vn = fma(b[2], block.arm_nb, dot(b[0], b[1], block.normal_x, block.normal_y));
  vec vt = fma(b[2], block.arm_tb, cross(b[0], b[1], block.normal_x, block.normal_y));
  Change change = accumulate(block, vn, vt - block.slide);
  push_one(chunk, block, b, change.normal, change.tangent);
}

INLINE void zero_impulses(Chunk& chunk, const int32_t* positions, int count) {
  for (int i = 0; i < count; ++i) {
    ContactBlock& block = chunk.blocks[positions[i] / LANES];
    block.normal_impulse[positions[i] % LANES] = 0.0f;
    block.tangent_impulse[positions[i] % LANES] = 0.0f;
  }
}

// All contacts of a stage see the velocities that the stage before left.
inline void solve_contacts(Chunk& chunk) {
  for (int s = 0; s < chunk.sizes.stages; ++s) {
    const Stage& stage = chunk.stages[s];
    ContactBlock *both = chunk.blocks + stage.both_first, *one = chunk.blocks + stage.one_first;
    for (int i = 0; i < stage.both_count; i += LANES)
      solve_both(chunk, both[i / LANES], chunk.impulses + i);
    for (int i = 0; i < stage.one_count; i += LANES) solve_one(chunk, one[i / LANES]);
    apply_impulses(chunk, both, stage.both_count);
  }
  zero_impulses(chunk, chunk.forgets, chunk.forget_count);
}

}  // namespace kinetix
