// Which pairs come close: boxes overlap, both bodies are in use, and their modes agree.
#pragma once

#include "chunk.h"

namespace kinetix {

// Bodies first..first+count-1 whose boxes overlap that of `body`: one bit each.
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

INLINE void add_pair(PairList& list, int first, int second, int scene, int row) {
  int i = list.count++;
  list.first[i] = first;
  list.second[i] = second;
  list.scene[i] = scene;
  list.row[i] = row;
}

INLINE void find_scene_pairs(Chunk& chunk, int scene) {
  const Sizes& sizes = chunk.sizes;
  int polygon0 = scene * sizes.polygons;
  int circle0 = chunk.scenes * sizes.polygons + scene * sizes.circles;
  for (int k = BOUNDARY; k < sizes.polygons; ++k) {
    uint64_t near = overlapping(chunk, polygon0 + k, polygon0, k);
    for (near &= chunk.polygon_partners[polygon0 + k]; near; near &= near - 1) {
      int i = lowest_bit(near);
      add_pair(chunk.pairs[POLYGON_POLYGON], polygon0 + i, polygon0 + k, scene,
               sizes.polygon_row(i, k));
    }
  }
  for (int c = 0; c < sizes.circles; ++c) {
    uint64_t near = overlapping(chunk, circle0 + c, polygon0, sizes.polygons);
    for (near &= chunk.polygon_partners[circle0 + c]; near; near &= near - 1) {
      int p = lowest_bit(near);
      add_pair(chunk.pairs[CIRCLE_POLYGON], circle0 + c, polygon0 + p, scene,
               c * sizes.polygons + p);
    }
  }
  for (int k = 1; k < sizes.circles; ++k) {
    uint64_t near = overlapping(chunk, circle0 + k, circle0, k);
    for (near &= chunk.circle_partners[circle0 + k]; near; near &= near - 1) {
      int i = lowest_bit(near);
      add_pair(chunk.pairs[CIRCLE_CIRCLE], circle0 + i, circle0 + k, scene, sizes.circle_row(i, k));
    }
  }
}

// Idle lanes of the last vector of a list work on the idle body.
INLINE void fill_up(int32_t* list, int count, int32_t value) {
  for (int i = 0; i < LANES; ++i) list[count + i] = value;
}

inline void find_pairs(Chunk& chunk) {
  for (PairList& list : chunk.pairs) list.count = 0;
  for (int scene = 0; scene < chunk.scenes; ++scene) find_scene_pairs(chunk, scene);
  for (PairList& list : chunk.pairs) {
    fill_up(list.first, list.count, 0);
    fill_up(list.second, list.count, 0);
  }
}

}  // namespace kinetix
