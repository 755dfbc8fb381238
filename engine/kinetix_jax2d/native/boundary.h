// The boundary (floor, walls, ceiling) is the same in most scenes. A chunk in which it is keeps its
// bodies once, not once per scene: there is less to load, place and store then.
#pragma once

#include "chunk.h"

namespace kinetix {

INLINE int body_in_reach(int index, int bodies) {
  return index < 0 ? 0 : index >= bodies ? bodies - 1 : index;
}

// The boundary of a chunk's first scene.
class CommonBoundary {
 public:
  explicit CommonBoundary(const Chunk& chunk)
      : plan_(chunk.plan), bodies_(chunk.sizes.bodies), first_(chunk.rows[0]) {
    memcpy(&words_, first_.integers + plan_.body_words, sizeof words_);
  }

  // Whether a scene's boundary is this one, bit by bit, and nothing can act on it. Friction and
  // restitution may differ, and so may roles.
  template <typename Slots>
  INLINE bool is_of(const Rows& rows, Slots slots) const {
    ivec bits = isplat(0);
    differ<BOUNDARY * BODY_FLOATS>(rows.moving + plan_.bodies, first_.moving + plan_.bodies, bits);
    const float *constant = rows.constant, *first = first_.constant;
    differ<4 * BOUNDARY>(constant + plan_.vertices_x, first + plan_.vertices_x, bits);
    differ<4 * BOUNDARY>(constant + plan_.vertices_y, first + plan_.vertices_y, bits);
    iquad words, masses = {};
    memcpy(&words, rows.integers + plan_.body_words, sizeof words);
    for (int i = 0; i < BOUNDARY; ++i)
      masses |= (iquad)load_quad(rows.constant + plan_.materials + 4 * i);
    iquad others = (words ^ words_) & (BODY_ACTIVE | 0xffff);
    others |= masses & iquad{0x7fffffff, 0x7fffffff, 0, 0};
    return !bits_of(bits != 0) && !quad_bits(others != 0) && is_left_alone(rows, slots);
  }

 private:
  template <int COUNT>
  static INLINE void differ(const float* a, const float* b, ivec& bits) {
    static_assert(COUNT % LANES == 0, "whole vectors");
    for (int i = 0; i < COUNT; i += LANES) bits |= as_int(load(a + i)) ^ as_int(load(b + i));
  }
  INLINE bool has(int index) const { return body_in_reach(index, bodies_) < BOUNDARY; }

  // No joint and no thruster acts on it.
  template <typename Slots>
  INLINE bool is_left_alone(const Rows& rows, Slots slots) const {
    for (int i = 0; i < slots.joints; ++i) {
      int32_t word = rows.integers[plan_.joint_words + i];
      if ((word & JOINT_ACTIVE) && (has(field(word, 0)) || has(field(word, 1)))) return false;
    }
    for (int i = 0; i < slots.thrusters; ++i) {
      int32_t word = rows.integers[plan_.thruster_words + i];
      if ((word & THRUSTER_ACTIVE) && has(field(word, 0))) return false;
    }
    return true;
  }

  Plan plan_;
  int bodies_;
  Rows first_;
  iquad words_;
};

}  // namespace kinetix
