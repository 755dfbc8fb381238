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

INLINE void clear_impulses(Chunk& chunk, int scene, const uint32_t* gone, int words, int first_slot,
                           int stride) {
  float* impulses = chunk.rows[scene].moving + chunk.plan.impulses + 2 * first_slot;
  for (int word = 0; word < words; ++word)
    for (uint32_t bits = gone[word]; bits; bits &= bits - 1) {
      float* impulse = impulses + 2 * stride * (32 * word + lowest_bit(bits));
      impulse[0] = impulse[1] = 0.0f;
    }
}

// Slots that hold no contact that is solved keep no impulses; the flags found become the memory.
inline void update_memory(Chunk& chunk) {
  const Sizes& sizes = chunk.sizes;
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    const uint32_t *now = chunk.scene_touching(scene), *kept = chunk.scene_kept(scene);
    uint32_t* memory =
        reinterpret_cast<uint32_t*>(chunk.rows[scene].integers + chunk.plan.memory_words);
    uint32_t any = 0;
    for (int word = 0; word < sizes.memory_words; ++word) any |= memory[word] &= ~kept[word];
    if (any) {
      for (int table = 0; table < TABLES; ++table)
        clear_impulses(chunk, scene, memory + sizes.first_word[table], sizes.words[table],
                       sizes.first_slot[table], table == POLYGON_POLYGON ? 2 : 1);
      clear_impulses(chunk, scene, memory + sizes.first_word[TABLES],
                     sizes.words[POLYGON_POLYGON], 1, 2);
    }
    for (int word = 0; word < sizes.memory_words; ++word) memory[word] = now[word];
  }
}

// 6.6b: rows of a table are sorted by "found", not found first, and dealt out to the batches.
INLINE int batch_of(const Chunk& chunk, const Found& found, int table) {
  const Sizes& sizes = chunk.sizes;
  const uint32_t* words = chunk.scene_touching(found.scene) + sizes.first_word[table];
  int active = 0;
  for (int word = 0; word < sizes.words[table]; ++word) active += count_bits(words[word]);
  return (sizes.rows[table] - active + rank_of(words, found.row)) % sizes.batches[table];
}

// A contact with one immovable body is solved without looking at that body; the other one must
// have no second such contact in the same stage.
INLINE Kind kind_of(Chunk& chunk, const Found& found) {
  int live = (found.traits & LIVE) != 0;
  bool one = found.traits & (FIRST_IMMOVABLE | SECOND_IMMOVABLE);
  if (one && found.stage < 64) {
    Offset moved = found.traits & FIRST_IMMOVABLE ? found.second : found.first;
    uint64_t &claimed = chunk.claimed[moved / sizeof(quad)], stage = (uint64_t)1 << found.stage;
    one = !(claimed & stage);
    claimed |= stage;
  } else {
    one = false;
  }
  return (Kind)((one ? ONE_FROZEN : BOTH_FROZEN) - live);
}

// Numbers the stages in which a scene has something to solve: its rounds. Contacts of all scenes
// in the same round are solved together, whatever table they come from.
inline void assign_rounds(Chunk& chunk) {
  const Sizes& sizes = chunk.sizes;
  memset(chunk.claimed, 0, sizeof(uint64_t) * chunk.bodies);
  memset(chunk.stage_bits, 0, sizeof(uint64_t) * chunk.scenes * sizes.stage_words);
  int i = 0;
  for (int table = 0; table < TABLES; ++table)
    for (; i < chunk.found_end[table]; ++i) {
      Found& found = chunk.found[i];
      if (sizes.batches[table] > 1) found.stage += batch_of(chunk, found, table);
      found.kind = kind_of(chunk, found);
      chunk.stage_bits[found.scene * sizes.stage_words + (found.stage >> 6)] |=
          (uint64_t)1 << (found.stage & 63);
    }
  chunk.round_count = 0;
  memset(chunk.round_sizes, 0, KINDS * sizeof(int32_t) * sizes.stages);
  for (i = 0; i < chunk.found_count(); ++i) {
    Found& found = chunk.found[i];
    const uint64_t* bits = chunk.stage_bits + found.scene * sizes.stage_words;
    int word = found.stage >> 6;
    int round = count_bits(bits[word] & (((uint64_t)1 << (found.stage & 63)) - 1));
    while (word > 0) round += count_bits(bits[--word]);
    found.round = round;
    ++chunk.round_sizes[KINDS * round + found.kind];
    if (round >= chunk.round_count) chunk.round_count = round + 1;
  }
}

// The last row of a table shares its accumulators with the padding of a batch (the published
// engine's padding quirk, 6.6b): they are zeroed in every iteration, and before the first one
// where a padded batch comes earlier than its own.
INLINE void note_padding(Chunk& chunk, const Found& found, int table, int position) {
  const Sizes& sizes = chunk.sizes;
  int batches = sizes.batches[table];
  int padding = batches * chunk.plan.batch - sizes.rows[table];
  if (padding == 0 || found.row != sizes.rows[table] - 1) return;
  chunk.forgets[chunk.forget_count++] = position;
  int own = (found.stage - sizes.first_stage[table]) % batches;
  int first_padded = padding >= batches ? 0 : batches - padding;
  if (first_padded < own) chunk.forgets_early[chunk.forget_early_count++] = position;
}

// Idle lanes of a block's end work on the idle body and on a blank contact.
INLINE void fill_up(const Chunk& chunk, ContactBlock& block) {
  for (int lane = 0; lane < LANES; ++lane) {
    block.a[lane] = block.b[lane] = chunk.idle_body;
    block.found[lane] = sizeof(Found) * chunk.found_count();
    block.flip[lane] = 0;
  }
}

// Makes room for `live` + `frozen` contacts and notes where those of each kind go.
INLINE int lay_out_blocks(Chunk& chunk, int first, int32_t* sizes) {
  int live = sizes[0], frozen = sizes[1], blocks = (live + frozen + LANES - 1) / LANES;
  sizes[0] = first * LANES;
  sizes[1] = first * LANES + live;
  for (int i = 0; i < blocks; ++i) chunk.blocks[first + i].live = i * LANES < live;
  if (blocks) fill_up(chunk, chunk.blocks[first + blocks - 1]);
  return blocks;
}

// Deals the contacts out to blocks: rounds in order; in each, by kind.
inline void fill_blocks(Chunk& chunk) {
  int block_count = 0;
  for (int r = 0; r < chunk.round_count; ++r) {
    int32_t* sizes = chunk.round_sizes + KINDS * r;
    Round& round = chunk.rounds[r];
    round.both_count = sizes[BOTH_LIVE] + sizes[BOTH_FROZEN];
    round.one_count = sizes[ONE_LIVE] + sizes[ONE_FROZEN];
    round.both_first = block_count;
    block_count += lay_out_blocks(chunk, block_count, sizes + BOTH_LIVE);
    round.one_first = block_count;
    block_count += lay_out_blocks(chunk, block_count, sizes + ONE_LIVE);
  }
  chunk.forget_count = chunk.forget_early_count = 0;
  memset(&chunk.found[chunk.found_count()], 0, sizeof(Found));
  int i = 0;
  for (int table = 0; table < TABLES; ++table)
    for (; i < chunk.found_end[table]; ++i) {
      Found& found = chunk.found[i];
      int position = chunk.round_sizes[KINDS * found.round + found.kind]++;
      ContactBlock& block = chunk.blocks[position / LANES];
      bool swap = found.kind >= ONE_LIVE && !(found.traits & FIRST_IMMOVABLE);
      block.a[position % LANES] = swap ? found.second : found.first;
      block.b[position % LANES] = swap ? found.first : found.second;
      block.found[position % LANES] = sizeof(Found) * i;
      block.flip[position % LANES] = swap;
      found.position = position;
      note_padding(chunk, found, table, position);
    }
}

struct Lever {
  vec normal, tangent, square;
};

// How a body at (x, y) is turned by impulses at the contact.
INLINE Lever lever(const ContactBlock& block, vec x, vec y) {
  x = block.point_x - x, y = block.point_y - y;
  // cross(arm, tangent) with the tangent (n.y, -n.x)
  return {cross(x, y, block.normal_x, block.normal_y), -dot(x, y, block.normal_x, block.normal_y),
          dot(x, y, x, y)};
}

// Inverse masses along normal and tangent, from the centres of the bodies as they are now.
INLINE void update_one(ContactBlock& block, vec x, vec y) {
  Lever b = lever(block, x, y);
  block.arm_nb = b.normal;
  block.arm_tb = b.tangent;
  vec kn = fma(block.inertia_b, fma(-b.tangent, b.tangent, b.square), block.mass_b);
  vec kt = fma(block.inertia_b, fma(-b.normal, b.normal, b.square), block.mass_b);
  block.inverse_kn = 1.0f / nonzero(kn);
  block.inverse_kt = 1.0f / nonzero(kt);
  block.coupling = block.inertia_b * b.normal * b.tangent;
}

INLINE void update_both(ContactBlock& block, vec ax, vec ay, vec bx, vec by) {
  Lever a = lever(block, ax, ay), b = lever(block, bx, by);
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
  block.coupling = fma(block.inertia_a * a.normal, a.tangent, block.inertia_b * b.normal * b.tangent);
}

// Everything about a block that its contacts and bodies decide once per step.
INLINE void prepare_block(const Chunk& chunk, ContactBlock& block, bool both) {
  const Parameters& parameters = chunk.parameters;
  vec geometry[4], push[4], place_a[4], place_b[4], material_a[4], material_b[4], va[4], vb[4];
  gather(chunk.found, block.found, geometry);
  gather(&chunk.found[0].depth, block.found, push);
  gather(chunk.place, block.a, place_a);
  gather(chunk.place, block.b, place_b);
  gather(chunk.material, block.a, material_a);
  gather(chunk.material, block.b, material_b);
  gather(chunk.velocity, block.a, va);
  gather(chunk.velocity, block.b, vb);
  block.point_x = geometry[2];
  block.point_y = geometry[3];
  block.mass_a = material_a[0];
  block.mass_b = material_b[0];
  block.inertia_a = material_a[1];
  block.inertia_b = material_b[1];
  vec swapped = splat(1);
  if (!both) {
    // The normal points from the first body to the second; here it must point to the moving one.
    ivec flip;
    memcpy(&flip, block.flip, sizeof flip);
    swapped = flip != 0 ? splat(-1) : swapped;
  }
  block.normal_x = geometry[0] * swapped;
  block.normal_y = geometry[1] * swapped;
  if (both)
    update_both(block, place_a[0], place_a[1], place_b[0], place_b[1]);
  else
    update_one(block, place_b[0], place_b[1]);

  vec friction_a = material_a[2] * parameters.base_friction;
  vec friction_b = material_b[2] * parameters.base_friction;
  block.friction = sqrt(dot(friction_a, friction_b, friction_a, friction_b));
  block.normal_impulse = push[1];
  block.tangent_impulse = push[2];

  Lever a = lever(block, place_a[0], place_a[1]);
  vec nx = block.normal_x, ny = block.normal_y;
  vec of_a = fma(va[2], a.normal, dot(va[0], va[1], nx, ny));
  vec of_b = fma(vb[2], block.arm_nb, dot(vb[0], vb[1], nx, ny));
  vec bounce = (of_b - of_a) * at_most(material_a[3], material_b[3]);
  vec rate = splat(parameters.baumgarte_collision / parameters.dt);
  vec bias = -rate * at_most(parameters.slop - push[0], splat(0));
  block.target = both ? bias - bounce : bias - bounce + of_a;
  block.slide = fma(va[2], a.tangent, cross(va[0], va[1], nx, ny));
}

inline void prepare_contacts(Chunk& chunk) {
  update_memory(chunk);
  assign_rounds(chunk);
  fill_blocks(chunk);
  for (int r = 0; r < chunk.round_count; ++r) {
    const Round& round = chunk.rounds[r];
    for (int i = 0; i < round.both_count; i += LANES)
      prepare_block(chunk, chunk.blocks[round.both_first + i / LANES], true);
    for (int i = 0; i < round.one_count; i += LANES)
      prepare_block(chunk, chunk.blocks[round.one_first + i / LANES], false);
  }
}

inline void store_impulses(Chunk& chunk) {
  for (int i = 0; i < chunk.found_count(); ++i) {
    const Found& found = chunk.found[i];
    const ContactBlock& block = chunk.blocks[found.position / LANES];
    float* impulse = chunk.rows[found.scene].moving + chunk.plan.impulses + 2 * found.slot;
    impulse[0] = block.normal_impulse[found.position % LANES];
    impulse[1] = block.tangent_impulse[found.position % LANES];
  }
}

}  // namespace kinetix
