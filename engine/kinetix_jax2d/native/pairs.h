// Which pairs come close: boxes overlap, both bodies are in use, and their modes agree.
#pragma once

#include "chunk.h"

namespace kinetix {

// Scenes (of word `word`) in which the boxes of bodies i and k overlap: one bit each.
INLINE uint64_t overlapping(const Chunk& chunk, int i, int k, int word) {
  int count = chunk.scenes - 64 * word < 64 ? chunk.scenes - 64 * word : 64;
  int b = chunk.entry(64 * word, k);
  uint64_t bits = 0;
  if (i < chunk.shared) {
    int a = chunk.entry(0, i);
    vec low_x = splat(chunk.low_x[a]), high_x = splat(chunk.high_x[a]);
    vec low_y = splat(chunk.low_y[a]), high_y = splat(chunk.high_y[a]);
    for (int s = 0; s < count; s += LANES) {
      ivec near = (low_x <= load(chunk.high_x + b + s)) & (load(chunk.low_x + b + s) <= high_x) &
                  (low_y <= load(chunk.high_y + b + s)) & (load(chunk.low_y + b + s) <= high_y);
      bits |= (uint64_t)bits_of(near) << s;
    }
    return bits;
  }
  int a = chunk.entry(64 * word, i);
  for (int s = 0; s < count; s += LANES) {
    ivec near = (load(chunk.low_x + a + s) <= load(chunk.high_x + b + s)) &
                (load(chunk.low_x + b + s) <= load(chunk.high_x + a + s)) &
                (load(chunk.low_y + a + s) <= load(chunk.high_y + b + s)) &
                (load(chunk.low_y + b + s) <= load(chunk.high_y + a + s));
    bits |= (uint64_t)bits_of(near) << s;
  }
  return bits;
}

// Whether the joint filter lets a pair exchange impulses.
INLINE bool passes_filter(const Chunk& chunk, int scene, int first, int second) {
  int bit = first * chunk.sizes.bodies + second;
  const int32_t* words = chunk.rows[scene].integers + chunk.plan.collision_words;
  return (uint32_t)words[bit >> 5] >> (bit & 31) & 1;
}

// Lists the scenes in which two bodies come close, with how their contacts are solved.
INLINE void find_pair(Chunk& chunk, Table table, int first, int second) {
  PairList& list = chunk.pairs[table];
  for (int word = 0; word < chunk.words; ++word) {
    const BodyBits& a = chunk.bits[first * chunk.words + word];
    const BodyBits& b = chunk.bits[second * chunk.words + word];
    // spec/physics.md 4.3 and 4.4
    uint64_t modes_agree = a.always | b.always | (a.normal & b.normal);
    uint64_t near = a.active & b.active & modes_agree;
    if (!near) continue;
    near &= table == CIRCLE_POLYGON ? overlapping(chunk, second, first, word)
                                    : overlapping(chunk, first, second, word);
    uint64_t frozen = ~(a.jointed | b.jointed), one = a.immovable | b.immovable;
    uint64_t apart = ~(a.fixated & b.fixated);
    for (; near; near &= near - 1) {
      int bit = lowest_bit(near), scene = 64 * word + bit;
      int kind = (frozen >> bit & 1) << 1 | (one >> bit & 1) << 2 | (b.immovable >> bit & 1);
      bool solvable = (apart >> bit & 1) & passes_filter(chunk, scene, first, second);
      kind = solvable ? kind : 2 * UNSOLVABLE;
      list.code[list.count++] = kind << 24 | scene << 16 | first << 8 | second;
    }
  }
}

// Each body with all that come before it, except within the boundary.
inline void find_pairs(Chunk& chunk) {
  const int polygons = chunk.sizes.polygons, bodies = chunk.sizes.bodies;
  for (PairList& list : chunk.pairs) list.count = 0;
  for (int k = BOUNDARY; k < polygons; ++k)
    for (int i = 0; i < k; ++i) find_pair(chunk, POLYGON_POLYGON, i, k);
  for (int c = polygons; c < bodies; ++c) {
    for (int p = 0; p < polygons; ++p) find_pair(chunk, CIRCLE_POLYGON, c, p);
    for (int i = polygons; i < c; ++i) find_pair(chunk, CIRCLE_CIRCLE, i, c);
  }
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
  ivec first = entries(chunk, codes >> 8 & 0xff, codes >> 16 & 0xff) * (int)sizeof(quad);
  ivec second = entries(chunk, codes & 0xff, codes >> 16 & 0xff) * (int)sizeof(quad);
  PairOffsets offsets;
  memcpy(offsets.first, &first, sizeof first);
  memcpy(offsets.second, &second, sizeof second);
  return offsets;
}

}  // namespace kinetix
