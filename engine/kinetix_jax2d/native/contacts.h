// From found contacts to what the solver works on: which impulses they inherit, in which round
// each is solved, and blocks of LANES contacts with everything that stays the same in a step.
#pragma once

#include "shapes.h"

namespace kinetix {

INLINE bool flag(const uint32_t* words, int bit) { return words[bit >> 5] >> (bit & 31) & 1; }
INLINE void set_flag(uint32_t* words, int bit) { words[bit >> 5] |= 1u << (bit & 31); }

// Flags before `bit`.
INLINE int rank_of(const uint32_t* words, int bit) {
  int rank = count_bits(words[bit >> 5] & ((1u << (bit & 31)) - 1));
  for (int i = 0; i < bit >> 5; ++i) rank += count_bits(words[i]);
  return rank;
}

// Flags of the contacts found, and the impulses that they inherit (5.4): by row and slot alone.
inline void remember_contacts(Chunk& chunk) {
  const Sizes& sizes = chunk.sizes;
  memset(chunk.touching, 0, sizeof(uint32_t) * chunk.scenes * sizes.memory_words);
  for (int i = 0; i < chunk.found_count; ++i) {
    Found& found = chunk.found[i];
    int word = sizes.first_word[found.second_slot ? (int)TABLES : found.table];
    set_flag(chunk.scene_touching(found.scene) + word, found.row);
    bool inherits = chunk.plan.warm_starting && flag(chunk.scene_remembered(found.scene) + word, found.row);
    const float* impulse = chunk.rows[found.scene].moving + chunk.plan.impulses + 2 * found.slot;
    found.normal_impulse = inherits ? impulse[0] : 0.0f;
    found.tangent_impulse = inherits ? impulse[1] : 0.0f;
  }
}

INLINE void clear_impulses(Chunk& chunk, int scene, const uint32_t* gone, int words, int first_slot,
                           int stride) {
  for (int word = 0; word < words; ++word)
    for (uint32_t bits = gone[word]; bits; bits &= bits - 1) {
      int slot = first_slot + stride * (32 * word + lowest_bit(bits));
      float* impulse = chunk.rows[scene].moving + chunk.plan.impulses + 2 * slot;
      impulse[0] = impulse[1] = 0.0f;
    }
}

// Contacts that are no more leave no impulses behind. The flags found become the memory.
inline void forget_contacts(Chunk& chunk) {
  const Sizes& sizes = chunk.sizes;
  for (int scene = 0; scene < chunk.scenes; ++scene) {
    uint32_t *now = chunk.scene_touching(scene), *before = chunk.scene_remembered(scene), any = 0;
    for (int word = 0; word < sizes.memory_words; ++word) any |= before[word] &= ~now[word];
    if (any) {
      for (int table = 0; table < TABLES; ++table)
        clear_impulses(chunk, scene, before + sizes.first_word[table], sizes.words[table],
                       sizes.first_slot[table], table == POLYGON_POLYGON ? 2 : 1);
      clear_impulses(chunk, scene, before + sizes.first_word[TABLES], sizes.words[POLYGON_POLYGON],
                     1, 2);
    }
    memcpy(before, now, sizeof(uint32_t) * sizes.memory_words);
  }
}

// Whether a contact exchanges impulses (4.4).
INLINE bool is_solvable(const Chunk& chunk, const Found& found) {
  const Sizes& sizes = chunk.sizes;
  int polygons = chunk.scenes * sizes.polygons;
  int first = found.first < polygons ? found.first - found.scene * sizes.polygons
                                     : found.first - polygons - found.scene * sizes.circles +
                                           sizes.polygons;
  int second = found.second < polygons ? found.second - found.scene * sizes.polygons
                                       : found.second - polygons - found.scene * sizes.circles +
                                             sizes.polygons;
  int bit = first * sizes.bodies + second;
  const int32_t* words = chunk.rows[found.scene].integers + chunk.plan.collision_words;
  bool may_push = (uint32_t)words[bit >> 5] >> (bit & 31) & 1;
  return may_push && !(is_fixated(chunk, found.first) && is_fixated(chunk, found.second));
}

// 6.6b: rows of a table are sorted by "found", not found first, and dealt out to the batches.
INLINE int batch_of(const Chunk& chunk, const Found& found) {
  const Sizes& sizes = chunk.sizes;
  int batches = sizes.batches[found.table];
  if (batches == 1) return 0;
  const uint32_t* words = chunk.scene_touching(found.scene) + sizes.first_word[found.table];
  int active = 0;
  for (int word = 0; word < sizes.words[found.table]; ++word) active += count_bits(words[word]);
  return (sizes.rows[found.table] - active + rank_of(words, found.row)) % batches;
}

// Whether padding follows the rows of the last column, and in which batch it first occurs.
INLINE int first_padded_batch(const Sizes& sizes, int batch_size, int table) {
  int padding = sizes.batches[table] * batch_size - sizes.rows[table];
  return padding >= sizes.batches[table] ? 0 : sizes.batches[table] - padding;
}

// Numbers the stages in which a scene has something to solve: its rounds. Contacts of all scenes
// in the same round are solved together, whatever table they come from.
inline void assign_rounds(Chunk& chunk) {
  const Sizes& sizes = chunk.sizes;
  memset(chunk.stage_bits, 0, sizeof(uint64_t) * chunk.scenes * sizes.stage_words);
  for (int i = 0; i < chunk.found_count; ++i) {
    Found& found = chunk.found[i];
    if (!is_solvable(chunk, found)) {
      float* impulse = chunk.rows[found.scene].moving + chunk.plan.impulses + 2 * found.slot;
      impulse[0] = impulse[1] = 0.0f;
      found.round = -1;
      continue;
    }
    int stage = sizes.first_stage[found.table] + batch_of(chunk, found) +
                (found.second_slot ? sizes.batches[found.table] : 0);
    found.stage = stage;
    found.round = 0;
    found.frozen = !(chunk.moved_by_joint[found.first] | chunk.moved_by_joint[found.second]);
    chunk.stage_bits[found.scene * sizes.stage_words + (stage >> 6)] |= (uint64_t)1 << (stage & 63);
  }
  chunk.round_count = 0;
  memset(chunk.round_sizes, 0, 2 * sizeof(int32_t) * sizes.stages);
  for (int i = 0; i < chunk.found_count; ++i) {
    Found& found = chunk.found[i];
    if (found.round < 0) continue;
    const uint64_t* bits = chunk.stage_bits + found.scene * sizes.stage_words;
    int stage = found.stage;
    int round = count_bits(bits[stage >> 6] & (((uint64_t)1 << (stage & 63)) - 1));
    for (int word = 0; word < stage >> 6; ++word) round += count_bits(bits[word]);
    found.round = round;
    ++chunk.round_sizes[2 * round + found.frozen];
    if (round >= chunk.round_count) chunk.round_count = round + 1;
  }
}

// The last row of a table shares its accumulators with the padding of a batch (the published
// engine's padding quirk, 6.6b): they are zeroed in every iteration, and before the first one
// where a padded batch comes earlier than its own.
INLINE void note_padding(Chunk& chunk, const Found& found, int position) {
  const Sizes& sizes = chunk.sizes;
  if (found.row != sizes.rows[found.table] - 1 || sizes.rows[found.table] % chunk.plan.batch == 0)
    return;
  chunk.forgets[chunk.forget_count++] = position;
  int own = (found.stage - sizes.first_stage[found.table]) % sizes.batches[found.table];
  if (first_padded_batch(sizes, chunk.plan.batch, found.table) < own)
    chunk.forgets_early[chunk.forget_early_count++] = position;
}

// Deals the contacts out to blocks: rounds in order; in each, contacts whose bodies a joint moves
// come first, so that few blocks have both kinds.
inline void fill_blocks(Chunk& chunk) {
  int block_count = 0;
  for (int round = 0; round < chunk.round_count; ++round) {
    int live = chunk.round_sizes[2 * round], frozen = chunk.round_sizes[2 * round + 1];
    int blocks = (live + frozen + LANES - 1) / LANES;
    chunk.rounds[round] = {block_count, live + frozen};
    chunk.round_sizes[2 * round] = block_count * LANES;
    chunk.round_sizes[2 * round + 1] = block_count * LANES + live;
    for (int i = 0; i < blocks; ++i) {
      ContactBlock& block = chunk.blocks[block_count + i];
      block.live = i * LANES < live;
      if (i < blocks - 1) continue;
      for (int lane = 0; lane < LANES; ++lane) {
        block.first[lane] = block.second[lane] = chunk.idle_body;
        block.found[lane] = chunk.found_count;  // a blank record
      }
    }
    block_count += blocks;
  }
  chunk.forget_count = chunk.forget_early_count = 0;
  memset(&chunk.found[chunk.found_count], 0, sizeof(Found));
  for (int i = 0; i < chunk.found_count; ++i) {
    const Found& found = chunk.found[i];
    if (found.round < 0) continue;
    int position = chunk.round_sizes[2 * found.round + found.frozen]++;
    ContactBlock& block = chunk.blocks[position / LANES];
    block.first[position % LANES] = found.first;
    block.second[position % LANES] = found.second;
    block.found[position % LANES] = i;
    note_padding(chunk, found, position);
  }
}

// Arms and inverse masses of a contact, from the centres of its bodies as they are now.
INLINE void update_arms(ContactBlock& block, vec ax, vec ay, vec bx, vec by) {
  vec nx = block.normal_x, ny = block.normal_y;
  ax = block.point_x - ax, ay = block.point_y - ay;
  bx = block.point_x - bx, by = block.point_y - by;
  block.arm_na = cross(ax, ay, nx, ny);
  block.arm_nb = cross(bx, by, nx, ny);
  block.arm_ta = -dot(ax, ay, nx, ny);  // the tangent is (n.y, -n.x)
  block.arm_tb = -dot(bx, by, nx, ny);
  vec square_a = dot(ax, ay, ax, ay), square_b = dot(bx, by, bx, by);
  vec kn = fma(block.inertia_a, fma(-block.arm_ta, block.arm_ta, square_a), block.inverse_mass);
  kn = fma(block.inertia_b, fma(-block.arm_tb, block.arm_tb, square_b), kn);
  vec kt = fma(block.inertia_a, fma(-block.arm_na, block.arm_na, square_a), block.inverse_mass);
  kt = fma(block.inertia_b, fma(-block.arm_nb, block.arm_nb, square_b), kt);
  block.inverse_kn = 1.0f / nonzero(kn);
  block.inverse_kt = 1.0f / nonzero(kt);
  block.coupling = fma(block.inertia_a * block.arm_na, block.arm_ta,
                       block.inertia_b * block.arm_nb * block.arm_tb);
}

// Everything about a block that its contacts and bodies decide once per step.
INLINE void prepare_block(const Chunk& chunk, ContactBlock& block) {
  const Parameters& parameters = chunk.parameters;
  const quad* records = reinterpret_cast<const quad*>(chunk.found);
  vec geometry[4], pushes[4], a[4], b[4], material_a[4], material_b[4];
  gather(records, block.found, geometry, sizeof(Found) / sizeof(quad));
  gather(records + 1, block.found, pushes, sizeof(Found) / sizeof(quad));
  gather(chunk.place, block.first, a);
  gather(chunk.place, block.second, b);
  gather(chunk.material, block.first, material_a);
  gather(chunk.material, block.second, material_b);
  vec nx = block.normal_x = geometry[0], ny = block.normal_y = geometry[1];
  block.point_x = geometry[2];
  block.point_y = geometry[3];
  block.inverse_mass = material_a[0] + material_b[0];
  block.inertia_a = material_a[1];
  block.inertia_b = material_b[1];
  update_arms(block, a[0], a[1], b[0], b[1]);

  vec friction_a = material_a[2] * parameters.base_friction;
  vec friction_b = material_b[2] * parameters.base_friction;
  block.friction = sqrt(dot(friction_a, friction_b, friction_a, friction_b));
  block.normal_impulse = pushes[1];
  block.tangent_impulse = pushes[2];

  gather(chunk.velocity, block.first, a);
  gather(chunk.velocity, block.second, b);
  vec approach = dot(b[0] - a[0], b[1] - a[1], nx, ny);
  approach = fma(b[2], block.arm_nb, fma(-a[2], block.arm_na, approach));
  vec bounce = approach * at_most(material_a[3], material_b[3]);
  vec rate = splat(parameters.baumgarte_collision / parameters.dt);
  vec bias = -rate * at_most(parameters.slop - pushes[0], splat(0));
  block.target = bias - bounce;
}

inline void prepare_contacts(Chunk& chunk) {
  remember_contacts(chunk);
  forget_contacts(chunk);
  assign_rounds(chunk);
  fill_blocks(chunk);
  for (int round = 0; round < chunk.round_count; ++round) {
    int blocks = (chunk.rounds[round].count + LANES - 1) / LANES;
    for (int i = 0; i < blocks; ++i) prepare_block(chunk, chunk.blocks[chunk.rounds[round].first_block + i]);
  }
}

}  // namespace kinetix
