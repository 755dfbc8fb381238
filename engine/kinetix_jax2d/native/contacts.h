// From found contacts to what the solver works on: in which round each is solved, and in which
// lane of which block.
#pragma once

#include "chunk.h"

namespace kinetix {

// Flags before `bit`.
INLINE int rank_of(const uint32_t* words, int bit) {
  int rank = count_bits(words[bit >> 5] & ((1u << (bit & 31)) - 1));
  for (int i = 0; i < bit >> 5; ++i) rank += count_bits(words[i]);
  return rank;
}

INLINE int moving_body(PairCode code) { return swap_of(code) ? first_of(code) : second_of(code); }

INLINE float* impulse_at(const Chunk& chunk, Offset offset) {
  char* base = reinterpret_cast<char*>(chunk.rows[0].moving + chunk.plan.impulses);
  return reinterpret_cast<float*>(base + offset);
}

// Where the accumulated impulses of a contact slot lie.
INLINE Offset impulse_offset(const Chunk& chunk, int scene, int slot) {
  return sizeof(float) * (scene * chunk.plan.moving_size + 2 * slot);
}

INLINE void clear_impulses(Chunk& chunk, int scene, const uint32_t* gone, const ListSizes& sizes) {
  for (int word = 0; word < chunk.sizes.words[sizes.table]; ++word) {
    int rows = chunk.sizes.rows[sizes.table] - 32 * word;
    uint32_t bits = rows < 32 ? gone[word] & ((1u << rows) - 1) : gone[word];
    for (; bits; bits &= bits - 1) {
      int row = 32 * word + lowest_bit(bits);
      float* impulse = impulse_at(
          chunk, impulse_offset(chunk, scene, sizes.slot_base + sizes.slot_stride * row));
      impulse[0] = impulse[1] = 0.0f;
    }
  }
}

// Replaces flags by those found in this step. Returns whether some contact is no more; which ones
// is left in `gone`.
INLINE bool replace_flags(const uint32_t* now, uint32_t* memory, int words, uint32_t* gone) {
  if (words == 4) {
    iquad before, after;
    memcpy(&before, memory, sizeof before);
    memcpy(&after, now, sizeof after);
    iquad lost = before & ~after;
    memcpy(gone, &lost, sizeof lost);
    memcpy(memory, &after, sizeof after);
    return quad_bits(lost != 0);
  }
  uint32_t any = 0;
  for (int word = 0; word < words; ++word) {
    any |= gone[word] = memory[word] & ~now[word];
    memory[word] = now[word];
  }
  return any;
}

// Contacts that are no more leave no impulses behind; the flags found become the memory (6.7).
inline void update_memory(Chunk& chunk) {
  const Sizes& sizes = chunk.sizes;
  const int words = sizes.memory_words, offset = chunk.plan.memory_words;
  const Rows* rows = chunk.rows;
  const uint32_t* now = chunk.touching;
  uint32_t* gone = chunk.gone;
  for (int scene = 0; scene < chunk.scenes; ++scene, now += words) {
    uint32_t* memory = reinterpret_cast<uint32_t*>(rows[scene].integers + offset);
    if (replace_flags(now, memory, words, gone))
      for (const ListSizes& list : sizes.lists)
        clear_impulses(chunk, scene, gone + list.first_word, list);
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

// In which region (stage and kind) each contact is solved; the last one is for those that exchange
// no impulses (4.4). A contact with an immovable body is solved without looking at that body; the
// other one must have no second such contact in the same stage.
INLINE void assign_regions(const Chunk& chunk, const FoundList& list, const ListSizes& sizes) {
  const int nowhere = KINDS * chunk.sizes.stages;
  for (int i = 0; i < list.count; ++i) {
    PairCode code = list.code[i];
    int kind = kind_of(code), scene = scene_of(code);
    if (kind == UNSOLVABLE) {
      ++chunk.region_sizes[nowhere];
      list.region[i] = nowhere;
      continue;
    }
    int stage = sizes.first_stage + batch_of(chunk, sizes, scene, list.row[i]);
    if (kind >= ONE_LIVE) {
      uint64_t& claimed = chunk.claimed[chunk.entry(scene, moving_body(code))];
      uint64_t claim = stage < 64 ? (uint64_t)1 << stage : ~0ull;
      if (stage >= 64 || (claimed & claim)) kind -= ONE_LIVE - BOTH_LIVE;
      claimed |= claim;
    }
    int region = KINDS * stage + kind;
    ++chunk.region_sizes[region];
    list.region[i] = region;
  }
}

inline void assign_regions(Chunk& chunk) {
  const Chunk constant = chunk;
  const int first = constant.first_entry;
  memset(constant.claimed + first, 0, sizeof(uint64_t) * (constant.bodies - first));
  memset(constant.region_sizes, 0, (KINDS * constant.sizes.stages + 1) * sizeof(int32_t));
  for (int number = 0; number < LISTS; ++number)
    assign_regions(constant, constant.found[number], constant.sizes.lists[number]);
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
    memcpy(chunk.placed.slot + last, &nothing, sizeof nothing);
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
  const int stages = chunk.sizes.stages;
  for (int i = 0; i < stages; ++i) {
    int32_t* sizes = chunk.region_sizes + KINDS * i;
    Stage& stage = chunk.stages[i];
    stage.both_count = sizes[BOTH_LIVE] + sizes[BOTH_FROZEN];
    stage.one_count = sizes[ONE_LIVE] + sizes[ONE_FROZEN];
    stage.both_first = block_count;
    block_count += lay_out_blocks(chunk, block_count, sizes + BOTH_LIVE);
    stage.one_first = block_count;
    block_count += lay_out_blocks(chunk, block_count, sizes + ONE_LIVE);
  }
  chunk.region_sizes[KINDS * stages] = block_count * LANES;  // where nothing solves them
  chunk.forget_count = chunk.forget_early_count = 0;
  const PlacedList placed = chunk.placed;
  int32_t* positions = chunk.region_sizes;
  for (int number = 0; number < LISTS; ++number) {
    const FoundList list = chunk.found[number];
    const ListSizes& sizes = chunk.sizes.lists[number];
    const int padded = sizes.last_padded_row, base = sizes.slot_base, step = sizes.slot_stride;
    for (int i = 0; i < list.count; ++i) {
      int region = list.region[i], row = list.row[i];
      int position = positions[region]++;
      placed.code[position] = list.code[i];
      placed.slot[position] = base + step * row;
      placed.point[position] = list.point[i];
      if (row == padded && region < KINDS * stages) note_padding(chunk, sizes, region, position);
    }
  }
  const int end = positions[KINDS * stages];
  for (int i = block_count * LANES; i < end; ++i) {
    Offset at = impulse_offset(chunk, scene_of(placed.code[i]), placed.slot[i]);
    impulse_at(chunk, at)[0] = impulse_at(chunk, at)[1] = 0.0f;
  }
}

}  // namespace kinetix
