// From found contacts to what the solver works on: in which round each is solved, and blocks of
// LANES contacts with everything that stays the same in a step.
#pragma once

#include "shapes.h"

namespace kinetix {

// Flags before `bit`.
INLINE int rank_of(const uint32_t* words, int bit) {
  int rank = count_bits(words[bit >> 5] & ((1u << (bit & 31)) - 1));
  for (int i = 0; i < bit >> 5; ++i) rank += count_bits(words[i]);
  return rank;
}

INLINE float* impulse_at(const Chunk& chunk, Offset offset) {
  char* base = reinterpret_cast<char*>(chunk.rows[0].moving + chunk.plan.impulses);
  return reinterpret_cast<float*>(base + offset);
}

// Where the accumulated impulses of a contact slot lie.
INLINE Offset impulse_offset(const Chunk& chunk, const ListSizes& sizes, int scene, int row) {
  int slot = sizes.slot_base + sizes.slot_stride * row;
  return sizeof(float) * (scene * chunk.plan.moving_size + 2 * slot);
}

INLINE void clear_impulses(Chunk& chunk, int scene, const uint32_t* gone, const ListSizes& sizes) {
  for (int word = 0; word < chunk.sizes.words[sizes.table]; ++word) {
    int rows = chunk.sizes.rows[sizes.table] - 32 * word;
    uint32_t bits = rows < 32 ? gone[word] & ((1u << rows) - 1) : gone[word];
    for (; bits; bits &= bits - 1) {
      int row = 32 * word + lowest_bit(bits);
      float* impulse = impulse_at(chunk, impulse_offset(chunk, sizes, scene, row));
      impulse[0] = impulse[1] = 0.0f;
    }
  }
}

// Contacts that are no more leave no impulses behind; the flags found become the memory (6.7).
inline void update_memory(Chunk& chunk) {
  const Sizes& sizes = chunk.sizes;
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const uint32_t* now = chunk.scene_touching(scene);
    uint32_t* memory =
        reinterpret_cast<uint32_t*>(chunk.rows[scene].integers + chunk.plan.memory_words);
    uint32_t gone = 0;
    for (int word = 0; word < sizes.memory_words; ++word) gone |= memory[word] &= ~now[word];
    if (gone)
      for (const ListSizes& list : sizes.lists)
        clear_impulses(chunk, scene, memory + list.first_word, list);
    for (int word = 0; word < sizes.memory_words; ++word) memory[word] = now[word];
  }
}

// 6.6b: rows of a table are sorted by "found", not found first, and dealt out to the batches.
INLINE int batch_of(const Chunk& chunk, const ListSizes& sizes, int scene, int row) {
  if (sizes.batches == 1) return 0;
  int table = sizes.table;
  const uint32_t* words = chunk.scene_touching(scene) + chunk.sizes.lists[table].first_word;
  int found = 0;
  for (int word = 0; word < chunk.sizes.words[table]; ++word) found += count_bits(words[word]);
  unsigned rank = chunk.sizes.rows[table] - found + rank_of(words, row);
  return rank % (unsigned)sizes.batches;
}

// In which region (stage and kind) a contact is solved; -1 if it exchanges no impulses (4.4).
// A contact with an immovable body is solved without looking at that body; the other one must
// have no second such contact in the same stage.
INLINE int region_of(Chunk& chunk, const ListSizes& sizes, PairCode code, int row) {
  int kind = kind_of(code), scene = scene_of(code);
  if (kind == UNSOLVABLE) return -1;
  int stage = sizes.first_stage + batch_of(chunk, sizes, scene, row);
  if (kind >= ONE_LIVE) {
    int moving = swap_of(code) ? first_of(code) : second_of(code);
    uint64_t& claimed = chunk.claimed[chunk.entry(scene, moving)];
    uint64_t claim = stage < 64 ? (uint64_t)1 << stage : ~0ull;
    if (stage >= 64 || (claimed & claim)) kind -= ONE_LIVE - BOTH_LIVE;
    claimed |= claim;
  }
  return KINDS * stage + kind;
}

inline void assign_regions(Chunk& chunk) {
  const int first = chunk.first_entry;
  memset(chunk.claimed + first, 0, sizeof(uint64_t) * (chunk.bodies - first));
  memset(chunk.region_sizes, 0, KINDS * sizeof(int32_t) * chunk.sizes.stages);
  for (int number = 0; number < LISTS; ++number) {
    const FoundList& list = chunk.found[number];
    const ListSizes& sizes = chunk.sizes.lists[number];
    for (int i = 0; i < list.count; ++i) {
      int region = region_of(chunk, sizes, list.code[i], list.row[i]);
      list.region[i] = region;
      if (region >= 0) {
        ++chunk.region_sizes[region];
        continue;
      }
      Offset offset = impulse_offset(chunk, sizes, scene_of(list.code[i]), list.row[i]);
      impulse_at(chunk, offset)[0] = impulse_at(chunk, offset)[1] = 0.0f;
    }
  }
}

// Makes room for `live` + `frozen` contacts and notes where those of each kind go. Idle lanes at
// the end work on the idle body; any point and impulse will do for them.
INLINE int lay_out_blocks(Chunk& chunk, int first, int32_t* sizes) {
  int live = sizes[0], frozen = sizes[1], blocks = (live + frozen + LANES - 1) / LANES;
  sizes[0] = first * LANES;
  sizes[1] = first * LANES + live;
  for (int i = 0; i < blocks; ++i) chunk.blocks[first + i].live = i * LANES < live;
  if (blocks) {
    const int last = (first + blocks - 1) * LANES, idle = chunk.sizes.bodies;
    ivec nothing = isplat(0), bodies = isplat(idle << 8 | idle);
    memcpy(chunk.placed.code + last, &bodies, sizeof bodies);
    memcpy(chunk.placed.row + last, &nothing, sizeof nothing);
    memcpy(chunk.placed.point + last, &nothing, sizeof nothing);
  }
  return blocks;
}

// The last row of a table shares its accumulators with the padding of a batch (the published
// engine's padding quirk, 6.6b): they are zeroed in every iteration, and before the first one
// where a padded batch comes earlier than its own.
INLINE void note_padding(Chunk& chunk, const ListSizes& sizes, int region, int position) {
  chunk.forgets[chunk.forget_count++] = position;
  int batch = region / KINDS - sizes.first_stage;
  if (sizes.first_padded_batch < batch)
    chunk.forgets_early[chunk.forget_early_count++] = position;
}

// Deals the contacts out to blocks: stages in order; in each, by kind.
inline void fill_blocks(Chunk& chunk) {
  int block_count = 0;
  for (int i = 0; i < chunk.sizes.stages; ++i) {
    int32_t* sizes = chunk.region_sizes + KINDS * i;
    Stage& stage = chunk.stages[i];
    stage.both_count = sizes[BOTH_LIVE] + sizes[BOTH_FROZEN];
    stage.one_count = sizes[ONE_LIVE] + sizes[ONE_FROZEN];
    stage.both_first = block_count;
    block_count += lay_out_blocks(chunk, block_count, sizes + BOTH_LIVE);
    stage.one_first = block_count;
    block_count += lay_out_blocks(chunk, block_count, sizes + ONE_LIVE);
  }
  chunk.forget_count = chunk.forget_early_count = 0;
  const PlacedList placed = chunk.placed;
  int32_t* positions = chunk.region_sizes;
  for (int number = 0; number < LISTS; ++number) {
    const FoundList list = chunk.found[number];
    const ListSizes& sizes = chunk.sizes.lists[number];
    const int padded = sizes.last_padded_row;
    for (int i = 0; i < list.count; ++i) {
      int region = list.region[i], row = list.row[i];
      if (region < 0) continue;
      int position = positions[region]++;
      placed.code[position] = list.code[i];
      placed.row[position] = row;
      placed.point[position] = list.point[i];
      if (row == padded) note_padding(chunk, sizes, region, position);
    }
  }
}

// Names the bodies of a block's contacts and their impulses. Returns where the first body of the
// pair is b: where only one body moves, it comes second.
INLINE ivec locate_block(const Chunk& chunk, ContactBlock& block, const ListSizes& sizes,
                         int first, bool both, Offset* surface_a, Offset* surface_b) {
  ivec code, row;
  memcpy(&code, chunk.placed.code + first, sizeof code);
  memcpy(&row, chunk.placed.row + first, sizeof row);
  ivec scene = code >> 16 & 0xff, one = code >> 8 & 0xff, other = code & 0xff;
  ivec flip = both ? isplat(0) : (code & 1 << 24) != 0;
  ivec a = flip ? other : one, b = flip ? one : other;
  ivec body_a = entries(chunk, a, scene) * (int)sizeof(quad);
  ivec body_b = entries(chunk, b, scene) * (int)sizeof(quad);
  ivec at_a = (a * chunk.stride + scene) * (int)sizeof(double);
  ivec at_b = (b * chunk.stride + scene) * (int)sizeof(double);
  ivec slot = sizes.slot_base + sizes.slot_stride * row;
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
INLINE void prepare_block(const Chunk& chunk, const ListSizes& sizes, int number, bool both) {
  ContactBlock& block = chunk.blocks[number];
  const Parameters& parameters = chunk.parameters;
  vec geometry[4], mass_a[4], mass_b[4], va[4], vb[4];
  alignas(64) Offset point[LANES], at_a[LANES], at_b[LANES];
  const int first = number * LANES;
  ivec flip = locate_block(chunk, block, sizes, first, both, at_a, at_b);
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
  for (const ListSizes& sizes : chunk.sizes.lists)
    for (int i = 0; i < sizes.batches; ++i) {
      const Stage& stage = chunk.stages[sizes.first_stage + i];
      for (int k = 0; k < stage.both_count; k += LANES)
        prepare_block(chunk, sizes, stage.both_first + k / LANES, true);
      for (int k = 0; k < stage.one_count; k += LANES)
        prepare_block(chunk, sizes, stage.one_first + k / LANES, false);
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
