// A batch of scenes: cut into chunks, which the threads at hand take one by one.
#pragma once

#include <sched.h>

#include "denormals.h"
#include "step.h"

namespace kinetix {

// Arrays of a batch; every scene has one row in each. `moving` and `integers` change in place.
struct Batch {
  Plan plan;
  Parameters parameters;
  int64_t scenes;
  float* moving;
  const float* constant;
  int32_t* integers;
  const float* controls;
  uint8_t* touching;
  float* positions;
};

// Memory of a chunk, kept for the next call: fresh pages cost more than a small batch takes.
struct Memory {
  char* bytes;
  size_t size;
};

class MemoryPool {
 public:
  Memory take(size_t size) {
    Memory memory = {nullptr, 0};
    lock();
    if (count_) memory = kept_[--count_];
    unlock();
    if (memory.size >= size) return memory;
    free(memory.bytes);
    void* bytes = nullptr;
    if (posix_memalign(&bytes, 64, size)) return {nullptr, 0};
    return {static_cast<char*>(bytes), size};
  }
  void give_back(Memory memory) {
    lock();
    bool room = count_ < KEPT;
    if (room) kept_[count_++] = memory;
    unlock();
    if (!room) free(memory.bytes);
  }

 private:
  static constexpr int KEPT = 64;
  void lock() {
    while (__atomic_test_and_set(&locked_, __ATOMIC_ACQUIRE)) sched_yield();
  }
  void unlock() { __atomic_clear(&locked_, __ATOMIC_RELEASE); }
  Memory kept_[KEPT] = {};  // all constant: a start at run time would need the C++ library
  int count_ = 0;
  bool locked_ = false;
};

inline MemoryPool memory_pool;

// Scenes in a chunk: as many as keep lists dense and still fit into the nearer caches, but no
// fewer chunks than threads, as long as each has some work.
constexpr int CHUNK_BODIES = 1024, FEW_SCENES = 16;
inline int chunk_capacity(const Plan& plan, int64_t scenes, int64_t threads) {
  int64_t most = CHUNK_BODIES / (plan.polygons + plan.circles);
  if (most > MAX_CHUNK_SCENES) most = MAX_CHUNK_SCENES;
  int64_t share = (scenes + threads - 1) / threads;
  if (share < FEW_SCENES) share = FEW_SCENES;
  if (most > share) most = share;
  int64_t chunks = (scenes + most - 1) / most;
  return (int)((scenes + chunks - 1) / chunks);  // all about the same
}

// Steps scenes first..first+count-1.
inline void step_chunk(const Batch& batch, int64_t first, int count, const Memory& memory) {
  Chunk chunk(batch.plan, batch.parameters, count, memory.bytes);
  const Plan& plan = batch.plan;
  const Sizes& sizes = chunk.sizes;
  for (int i = 0; i < count; ++i) {
    int64_t scene = first + i;
    chunk.rows[i] = {batch.moving + scene * plan.moving_size,
                     batch.constant + scene * plan.constant_size,
                     batch.integers + scene * plan.integer_size,
                     batch.controls + scene * (plan.joints + plan.thrusters),
                     batch.touching + scene * plan.steps * sizes.pairs,
                     batch.positions + scene * plan.steps * sizes.bodies * 2};
  }
  step_scenes(chunk);
}

// A batch that several threads work on. Helpers may come late, after the caller has returned:
// they find no chunk left, touch none of the caller's arrays, and the last one frees the record.
struct SharedBatch {
  Batch batch;
  int64_t chunks;
  int capacity;
  size_t bytes;
  int64_t next = 0;      // chunk to be taken
  int64_t finished = 0;  // chunks done
  int references;
  bool failed = false;

  void work() {
    Memory memory = {nullptr, 0};
    for (;;) {
      int64_t chunk = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED);
      if (chunk >= chunks) break;
      if (!memory.bytes) memory = memory_pool.take(bytes);
      if (memory.bytes) {
        FlushDenormals guard;
        int64_t first = chunk * capacity, left = batch.scenes - first;
        step_chunk(batch, first, left < capacity ? (int)left : capacity, memory);
      } else {
        __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
      }
      __atomic_fetch_add(&finished, 1, __ATOMIC_RELEASE);
    }
    if (memory.bytes) memory_pool.give_back(memory);
  }
  void wait() {
    while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < chunks) sched_yield();
  }
  void release() {
    if (__atomic_sub_fetch(&references, 1, __ATOMIC_ACQ_REL) == 0) free(this);
  }
};

inline void help(void* shared) {
  static_cast<SharedBatch*>(shared)->work();
  static_cast<SharedBatch*>(shared)->release();
}

// Steps the whole batch. `threads`: at most that many, the caller included. `schedule(task, data)`
// runs a task on another thread, or returns false. Returns false when there is no memory.
template <typename Schedule>
bool step_batch(const Batch& batch, int64_t threads, Schedule schedule) {
  if (batch.scenes == 0) return true;
  int capacity = chunk_capacity(batch.plan, batch.scenes, threads);
  void* place = malloc(sizeof(SharedBatch));
  if (!place) return false;
  SharedBatch* shared = static_cast<SharedBatch*>(place);
  memset(place, 0, sizeof(SharedBatch));
  shared->batch = batch;
  shared->capacity = capacity;
  shared->chunks = (batch.scenes + capacity - 1) / capacity;
  shared->bytes = Chunk(batch.plan, batch.parameters, capacity, nullptr).bytes();
  int64_t helpers = (threads < shared->chunks ? threads : shared->chunks) - 1;
  if (helpers < 0) helpers = 0;
  shared->references = (int)helpers + 1;
  for (int64_t i = 0; i < helpers; ++i)
    if (!schedule(help, place)) shared->release();
  shared->work();
  shared->wait();
  bool failed = shared->failed;
  shared->release();
  return !failed;
}

}  // namespace kinetix
