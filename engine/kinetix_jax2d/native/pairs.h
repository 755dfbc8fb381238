// Which pairs come close: boxes overlap, both bodies are in use, and their modes agree.
#pragma once

#include "chunk.h"

namespace kinetix {

// Bodies first..first+count-1 whose boxes overlap that of body `body`: one bit each.
INLINE uint64_t overlapping(const Chunk& chunk, int body, int first, int count) {
  vec low_x = splat(chunk.low_x[body]), high_x = splat(chunk.high_x[body]);
  vec low_y = splat(chunk.low_y[body]), high_y = splat(chunk.high_y[body]);
  uint64_t bits = 0;
  for (int i = 0; i < count; i += LANES) {
    uint64_t near = bits_less_equal(load(chunk.low_x + first + i), high_x) &
                    bits_less_equal(low_x, load(chunk.high_x + first + i)) &
                    bits_less_equal(load(chunk.low_y + first + i), high_y) &
                    bits_less_equal(low_y, load(chunk.high_y + first + i));
    bits |= near << i;
  }
  return bits;
}

// Bodies that `number` may touch: spec/physics.md 4.3 and 4.4.
INLINE uint64_t partners(const SceneBits& bits, int number) {
  uint64_t normal = -(bits.normal >> number & 1), always = -(bits.always >> number & 1);
  uint64_t in_use = -(bits.active >> number & 1);
  return bits.active & in_use & (bits.always | (bits.normal & normal) | always);
}

INLINE void add_pair(PairList& list, int scene, int first, int second) {
  list.code[list.count++] = pair_code(scene, first, second);
}

// Each body against all that come before it, except within the boundary.
INLINE void find_scene_pairs(Chunk& chunk, int scene) {
  const Sizes& sizes = chunk.sizes;
  const SceneBits& bits = chunk.bits[scene];
  int first = scene * sizes.bodies;
  for (int k = BOUNDARY; k < sizes.polygons; ++k) {
    uint64_t near = overlapping(chunk, first + k, first, k) & partners(bits, k);
    for (near &= ((uint64_t)1 << k) - 1; near; near &= near - 1) {
      int i = lowest_bit(near);
      add_pair(chunk.pairs[POLYGON_POLYGON], scene, i, k);
    }
  }
  for (int c = 0; c < sizes.circles; ++c) {
    int k = sizes.polygons + c;
    uint64_t near = overlapping(chunk, first + k, first, k) & partners(bits, k);
    uint64_t polygons = near & (((uint64_t)1 << sizes.polygons) - 1);
    for (; polygons; polygons &= polygons - 1) {
      add_pair(chunk.pairs[CIRCLE_POLYGON], scene, k, lowest_bit(polygons));
    }
    uint64_t circles = (near & (((uint64_t)1 << k) - 1)) >> sizes.polygons;
    for (; circles; circles &= circles - 1) {
      add_pair(chunk.pairs[CIRCLE_CIRCLE], scene, sizes.polygons + lowest_bit(circles), k);
    }
  }
}

inline void find_pairs(Chunk& chunk) {
  for (PairList& list : chunk.pairs) list.count = 0;
  for (int scene = 0; scene < chunk.scenes; ++scene) find_scene_pairs(chunk, scene);
  for (PairList& list : chunk.pairs)  // idle lanes of the last vector: any bodies will do
    for (int i = list.count; i < list.count + LANES; ++i) list.code[i] = 0;
}

struct PairOffsets {
  alignas(64) Offset first[LANES], second[LANES];
};

// Where the bodies of LANES pairs lie.
INLINE PairOffsets locate(const Chunk& chunk, const PairCode* code) {
  ivec codes;
  memcpy(&codes, code, sizeof codes);
  ivec base = (codes >> 16) * chunk.sizes.bodies;
  ivec first = (base + (codes >> 8 & 0xff)) << 4, second = (base + (codes & 0xff)) << 4;
  PairOffsets offsets;
  memcpy(offsets.first, &first, sizeof first);
  memcpy(offsets.second, &second, sizeof second);
  return offsets;
}

}  // namespace kinetix
